//! Every quota and size, with its unit.
//!
//! <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>

/// Open shards per account and region by default: AWS's value until 2025; a setting here.
pub(crate) const SHARDS_DEFAULT: u32 = 500;
/// `MaxRecordSizeInKiB` of new streams.
pub(crate) const RECORD_KIB_DEFAULT: u32 = 1024;
/// The range of `MaxRecordSizeInKiB`.
pub(crate) const RECORD_KIB_RANGE: std::ops::RangeInclusive<i64> = 1024..=10_240;
/// What the wire allows as `Data` of one record, in bytes.
pub(crate) const DATA_BYTES_MAX: usize = 10_485_760;
/// Data and partition keys of one PutRecords call, in bytes.
pub(crate) const PUT_RECORDS_BYTES_MAX: usize = 10_485_760;
/// Records of one PutRecords call.
pub(crate) const PUT_RECORDS_COUNT_MAX: usize = 500;
/// A put's request body: 10 MiB in base64, plus keys and punctuation.
pub(crate) const PUT_BODY_BYTES_MAX: usize = 15 << 20;
/// Characters of a partition key.
pub(crate) const PARTITION_KEY_CHARS_MAX: usize = 256;
/// Records of one GetRecords answer.
pub(crate) const GET_RECORDS_COUNT_MAX: usize = 10_000;
/// Data and partition keys of one GetRecords answer, in bytes.
pub(crate) const GET_RECORDS_BYTES_MAX: usize = 10 << 20;
/// Life of a shard iterator, in milliseconds.
pub(crate) const ITERATOR_MS: u64 = 300_000;
/// Retention of new streams, in hours.
pub(crate) const RETENTION_HOURS_DEFAULT: u64 = 24;
/// The longest retention, in hours.
pub(crate) const RETENTION_HOURS_MAX: u64 = 8_760;
