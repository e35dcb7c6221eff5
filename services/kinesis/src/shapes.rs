//! Shapes and rules that two or more operations share.

use std::sync::LazyLock;

use aws::{Blob, Constraints, Lenient, Pattern, Required, ServiceError, wire_enum};
use serde::Serialize;

use crate::errors;
use crate::sequence::SequenceNumber;

wire_enum! {
    /// Where a stream stands in its life.
    pub(crate) enum StreamStatus {
        Creating = "CREATING",
        Deleting = "DELETING",
        Active = "ACTIVE",
        Updating = "UPDATING",
    }
}

wire_enum! {
    /// Who decides on the number of shards.
    pub(crate) enum StreamMode {
        OnDemand = "ON_DEMAND",
        Provisioned = "PROVISIONED",
    }
}

wire_enum! {
    /// Who decides on the shard of a record; on-demand streams only.
    pub(crate) enum DistributionStrategy {
        Auto = "AUTO",
        UserPartitionKey = "USER_PARTITION_KEY",
    }
}

wire_enum! {
    /// A shard-level metric, or all of them; in the order of AWS's messages.
    pub(crate) enum MetricsName {
        All = "ALL",
        IteratorAgeMilliseconds = "IteratorAgeMilliseconds",
        IncomingBytes = "IncomingBytes",
        WriteProvisionedThroughputExceeded = "WriteProvisionedThroughputExceeded",
        OutgoingRecords = "OutgoingRecords",
        ReadProvisionedThroughputExceeded = "ReadProvisionedThroughputExceeded",
        IncomingRecords = "IncomingRecords",
        OutgoingBytes = "OutgoingBytes",
    }
}

wire_enum! {
    /// Whether and how records are encrypted at rest.
    pub(crate) enum EncryptionType {
        None = "NONE",
        Kms = "KMS",
    }
}

wire_enum! {
    /// Where reading begins; in the order of AWS's messages.
    pub(crate) enum ShardIteratorType {
        AfterSequenceNumber = "AFTER_SEQUENCE_NUMBER",
        Latest = "LATEST",
        AtTimestamp = "AT_TIMESTAMP",
        AtSequenceNumber = "AT_SEQUENCE_NUMBER",
        TrimHorizon = "TRIM_HORIZON",
    }
}

/// `{"StreamMode": …}`, in requests.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StreamModeDetailsIn {
    pub(crate) stream_mode: Required<Lenient<StreamMode>>,
}

/// `{"StreamMode": …}`, in answers.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StreamModeDetails {
    pub(crate) stream_mode: StreamMode,
}

/// A range of hash keys, both ends included, as decimal text.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HashKeyRange {
    pub(crate) starting_hash_key: String,
    pub(crate) ending_hash_key: String,
}

impl From<log::HashRange> for HashKeyRange {
    fn from(range: log::HashRange) -> Self {
        Self { starting_hash_key: range.start.to_string(), ending_hash_key: range.end.to_string() }
    }
}

/// The first and, once the shard is closed, the last sequence number.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SequenceNumberRange {
    pub(crate) starting_sequence_number: SequenceNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ending_sequence_number: Option<SequenceNumber>,
}

static STREAM_NAME: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("[a-zA-Z0-9_.-]+"));
static STREAM_ARN: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+"));
static STREAM_ID: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("[a-z0-9]{20}-[a-z0-9]{3}"));
static HASH_KEY: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"^(0|([1-9]\d{0,38}))$"));
static SEQUENCE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"^(0|([1-9]\d{0,128}))$"));

/// `StreamName`, optional in most operations.
pub(crate) fn stream_name(check: &mut Constraints, value: &Option<String>) {
    check.member("streamName", value).pattern(&STREAM_NAME).length(1..=128);
}

/// `StreamName` where the model requires it.
pub(crate) fn stream_name_required(check: &mut Constraints, value: &Required<String>) {
    check.member("streamName", value).pattern(&STREAM_NAME).length(1..=128);
}

/// `StreamARN`.
pub(crate) fn stream_arn(check: &mut Constraints, value: &Option<String>) {
    check.member("streamARN", value).length(1..=2048).pattern(&STREAM_ARN);
}

/// `StreamARN` where the model requires it.
pub(crate) fn stream_arn_required(check: &mut Constraints, value: &Required<String>) {
    check.member("streamARN", value).length(1..=2048).pattern(&STREAM_ARN);
}

/// `StreamId`. Only its form is checked: no stream of ours has one to compare with.
pub(crate) fn stream_id(check: &mut Constraints, value: &Option<String>) {
    check.member("streamId", value).length(1..=24).pattern(&STREAM_ID);
}

/// A shard id under the given member name.
pub(crate) fn shard_id(check: &mut Constraints, name: &str, value: &Required<String>) {
    check.member(name, value).pattern(&STREAM_NAME).length(1..=128);
}

/// An optional shard id under the given member name.
pub(crate) fn shard_id_optional(check: &mut Constraints, name: &str, value: &Option<String>) {
    check.member(name, value).pattern(&STREAM_NAME).length(1..=128);
}

/// An optional hash key under the given member name.
pub(crate) fn hash_key(check: &mut Constraints, name: &str, value: &Option<String>) {
    check.member(name, value).pattern(&HASH_KEY);
}

/// An optional sequence number under the given member name.
pub(crate) fn sequence_number(check: &mut Constraints, name: &str, value: &Option<String>) {
    check.member(name, value).pattern(&SEQUENCE);
}

/// An optional stream name under another member name.
pub(crate) fn named_stream(check: &mut Constraints, name: &str, value: &Option<String>) {
    check.member(name, value).pattern(&STREAM_NAME).length(1..=128);
}

/// `NextToken`.
pub(crate) fn next_token(check: &mut Constraints, value: &Option<String>) {
    check.member("nextToken", value).length(1..=1_048_576);
}

/// A hash key under the given member name.
pub(crate) fn hash_key_required(check: &mut Constraints, name: &str, value: &Required<String>) {
    check.member(name, value).pattern(&HASH_KEY);
}

/// `StreamModeDetails`.
pub(crate) fn stream_mode_details(check: &mut Constraints, details: Option<&StreamModeDetailsIn>) {
    if let Some(details) = details {
        check.nested("streamModeDetails", |check| {
            check.member("streamMode", &details.stream_mode).known();
        });
    }
}

/// Whether a text has the form of a hash key: what [`hash_key`] checks, without a regular expression.
pub(crate) fn is_hash_key(text: &str) -> bool {
    let has_form = (1..=39).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    has_form && (text == "0" || !text.starts_with('0'))
}

/// The value of an explicit hash key, whose form was checked.
pub(crate) fn parse_hash_key(text: &str) -> Result<u128, ServiceError> {
    text.parse().map_err(|_| errors::hash_key_out_of_range(text))
}

/// The size limit of a stream's records, in bytes.
pub(crate) fn record_bytes_max(record_kib_max: u32) -> usize {
    usize::try_from(record_kib_max).expect("at most 10,240") * 1024
}

/// Data and partition key together against the stream's limit. ≈: AWS's own words for it are not known; these are
/// those of the model's limit, which was the same until records could be larger than 1 MiB.
pub(crate) fn record_bytes(check: &mut Constraints, key_bytes: usize, data: &Required<Blob>, record_kib_max: u32) {
    let limit = record_bytes_max(record_kib_max);
    if data.len() + key_bytes > limit {
        let constraint = format!("Member must have length less than or equal to {limit}");
        check.fail("data", &format!("'{:?}'", **data), &constraint);
    }
}
