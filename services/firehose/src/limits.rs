//! Every quota and size, with its unit.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/limits.html>

/// Data of one record, in bytes.
pub(crate) const RECORD_BYTES_MAX: usize = 1_024_000;
/// Records of one PutRecordBatch call.
pub(crate) const BATCH_RECORDS_MAX: usize = 500;
/// Data of one PutRecordBatch call, in bytes.
pub(crate) const BATCH_BYTES_MAX: usize = 4_194_304;
/// A PutRecord body: 1,000 KiB in base64, plus names and punctuation.
pub(crate) const PUT_BODY_BYTES_MAX: usize = 2 << 20;
/// A PutRecordBatch body: 4 MiB in base64, and some more so that what is too large is told in AWS's words.
pub(crate) const BATCH_BODY_BYTES_MAX: usize = 15 << 20;
/// Delivery streams per account and region.
pub(crate) const STREAMS_MAX: usize = 5_000;
/// Delivery streams of all accounts and regions together, whatever the quotas: what one server bears.
pub(crate) const SERVER_STREAMS_MAX: usize = 20_000;
/// Streams of one page of ListDeliveryStreams unless the caller says otherwise.
pub(crate) const LIST_STREAMS_DEFAULT: usize = 10;
/// Tags of one page of ListTagsForDeliveryStream.
pub(crate) const LIST_TAGS_MAX: usize = 50;
/// Tags of one delivery stream.
pub(crate) const TAGS_MAX: usize = 50;
/// Processors of one delivery stream.
pub(crate) const PROCESSORS_MAX: usize = 5;
/// How long buffered records are kept, in milliseconds: 24 hours.
pub(crate) const RETENTION_MS: u64 = 24 * 3_600_000;
/// Starts and stops of encryption per delivery stream in 24 hours.
pub(crate) const ENCRYPTION_CHANGES_MAX: usize = 25;
/// Keys that records of one delivery stream may be sealed under, over its life.
pub(crate) const DATA_KEYS_MAX: usize = 1_000;
/// Calls per second and account of every operation that does not put records.
pub(crate) const CONTROL_CALLS_PER_S: u64 = 5;

/// What a delivery stream takes in, per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throughput {
    pub(crate) bytes: u64,
    pub(crate) requests: u64,
    pub(crate) records: u64,
}

/// The default quota of a region.
pub(crate) fn throughput(region: &str) -> Throughput {
    match region {
        "us-east-1" | "us-west-2" | "eu-west-1" => Throughput { bytes: 5 << 20, requests: 2_000, records: 500_000 },
        _ => Throughput { bytes: 1 << 20, requests: 1_000, records: 100_000 },
    }
}
