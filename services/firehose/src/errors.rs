//! Firehose's own words, nowhere else.

use aws::{Call, ErrorCode, ErrorMember, ServiceError, WireEnum};

use crate::shapes::{CompressionFormat, DeliveryStreamStatus, DeliveryStreamType, EncryptionStatus, ProcessorType};

const CONCURRENT_MODIFICATION: ErrorCode = ErrorCode::sender("ConcurrentModificationException");
const INVALID_ARGUMENT: ErrorCode = ErrorCode::sender("InvalidArgumentException");
const INVALID_KMS_RESOURCE: ErrorCode = ErrorCode::sender("InvalidKMSResourceException");
const LIMIT_EXCEEDED: ErrorCode = ErrorCode::sender("LimitExceededException");
const RESOURCE_IN_USE: ErrorCode = ErrorCode::sender("ResourceInUseException");
const RESOURCE_NOT_FOUND: ErrorCode = ErrorCode::sender("ResourceNotFoundException");
const SERVICE_UNAVAILABLE: ErrorCode = ErrorCode::receiver("ServiceUnavailableException");

/// Why a record was not written.
pub(crate) fn not_written(error: &log::Error) -> ServiceError {
    match error {
        log::Error::Throttled { .. } | log::Error::Unavailable { .. } => unavailable(),
        error => ServiceError::internal(error.to_string()),
    }
}

/// The same for an entry of a batch: code and message.
pub(crate) fn entry_not_written(error: &log::Error) -> (&'static str, &'static str) {
    match error {
        log::Error::Throttled { .. } | log::Error::Unavailable { .. } => (THROTTLED, SLOW_DOWN),
        _ => ("InternalFailure", "Internal Service Failure"),
    }
}

/// The code of an entry of a batch that was throttled.
pub(crate) const THROTTLED: &str = "ServiceUnavailableException";
/// The message beside it.
pub(crate) const SLOW_DOWN: &str = "Slow down.";

/// What an engine error means to a client when the situation has no words of its own.
pub(crate) fn engine(error: log::Error) -> ServiceError {
    match error {
        log::Error::Throttled { .. } | log::Error::Unavailable { .. } => unavailable().caused_by(error),
        error => ServiceError::internal(error),
    }
}

pub(crate) fn unavailable() -> ServiceError {
    SERVICE_UNAVAILABLE.with("The service is unavailable. Back off and retry the operation.")
}

pub(crate) fn throttled() -> ServiceError {
    SERVICE_UNAVAILABLE.with(SLOW_DOWN)
}

pub(crate) fn rate_exceeded(call: &Call) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("Rate exceeded for account {}.", call.account))
}

pub(crate) fn stream_not_found(name: &str, call: &Call) -> ServiceError {
    RESOURCE_NOT_FOUND.with(format!("Firehose {name} under account {} not found.", call.account))
}

pub(crate) fn stream_exists(name: &str, call: &Call) -> ServiceError {
    RESOURCE_IN_USE.with(format!("Firehose {name} under accountId {} already exists", call.account))
}

/// What a put reads of a stream that is not ACTIVE.
pub(crate) fn not_active(name: &str, call: &Call) -> ServiceError {
    RESOURCE_NOT_FOUND.with(format!("Firehose {name} is not active in {} account.", call.account))
}

pub(crate) fn cannot_update(name: &str, status: DeliveryStreamStatus) -> ServiceError {
    RESOURCE_IN_USE.with(format!("Cannot update firehose: {name} when it is in {} status", status.name()))
}

pub(crate) fn cannot_delete(name: &str, status: DeliveryStreamStatus, call: &Call) -> ServiceError {
    let (account, status) = (&call.account, status.name());
    RESOURCE_IN_USE.with(format!("Firehose {name} under account {account} cannot be deleted in {status} state"))
}

pub(crate) fn version_mismatch(name: &str, current: u64, specified: &str) -> ServiceError {
    CONCURRENT_MODIFICATION.with(format!(
        "Cannot update firehose: {name} since the current version id: {current} and specified version id: {specified} do \
         not match"
    ))
}

pub(crate) fn too_many_streams(limit: usize, call: &Call) -> ServiceError {
    let account = &call.account;
    LIMIT_EXCEEDED.with(format!("Limit of {limit} delivery streams for account {account} exceeded."))
}

pub(crate) fn server_is_full(limit: usize) -> ServiceError {
    LIMIT_EXCEEDED
        .with(format!("This server keeps {limit} delivery streams at the most, and has them. Delete some first."))
}

pub(crate) fn one_destination() -> ServiceError {
    INVALID_ARGUMENT.with("Exactly one destination configuration is supported for a Firehose")
}

pub(crate) fn nothing_to_update() -> ServiceError {
    INVALID_ARGUMENT.with("At least one destination or source configuration update must be provided")
}

pub(crate) fn destination_not_found(id: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("Destination Id {id} not found"))
}

pub(crate) fn backup_cannot_end() -> ServiceError {
    INVALID_ARGUMENT.with("Disabling S3 backup is not currently supported.")
}

pub(crate) fn backup_without_bucket() -> ServiceError {
    INVALID_ARGUMENT.with("S3BackupConfiguration must be specified when S3BackupMode is Enabled.")
}

pub(crate) fn batch_too_large(limit: usize) -> ServiceError {
    INVALID_ARGUMENT.with(format!("The total size of the records exceeds the maximum allowed size of {limit} bytes."))
}

pub(crate) fn not_direct_put(source: DeliveryStreamType) -> ServiceError {
    INVALID_ARGUMENT.with(format!("This operation is not permitted on {} delivery stream type.", source.name()))
}

/// What AWS has and Millstream does not.
pub(crate) fn not_supported(what: &str, missing: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{what} is not supported by Millstream: {missing}."))
}

pub(crate) fn missing(member: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{member} must be specified."))
}

pub(crate) fn invalid_argument(sentence: String) -> ServiceError {
    INVALID_ARGUMENT.with(sentence)
}

pub(crate) fn half_hints() -> ServiceError {
    INVALID_ARGUMENT.with("BufferingHints must specify both SizeInMBs and IntervalInSeconds, or neither.")
}

pub(crate) fn logging_without_names() -> ServiceError {
    INVALID_ARGUMENT.with("LogGroupName and LogStreamName must be specified when CloudWatch logging is enabled.")
}

pub(crate) fn not_https(member: &str, url: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{member} must be an https URL, not {url}. Only loopback addresses may use http."))
}

pub(crate) fn step_count() -> ServiceError {
    INVALID_ARGUMENT.with("ProcessingConfiguration must have between 1 and 5 processors when it is enabled.")
}

pub(crate) fn step_twice(kind: ProcessorType) -> ServiceError {
    INVALID_ARGUMENT.with(format!("ProcessingConfiguration can have one processor of type {} only.", kind.name()))
}

pub(crate) fn redshift_compression(format: CompressionFormat) -> ServiceError {
    INVALID_ARGUMENT.with(format!("CompressionFormat {} is not supported for Redshift destinations.", format.name()))
}

pub(crate) fn redshift_prefix() -> ServiceError {
    INVALID_ARGUMENT
        .with("Prefix expressions and ErrorOutputPrefix are not supported in S3Configuration of Redshift destinations.")
}

pub(crate) fn domain_and_endpoint() -> ServiceError {
    INVALID_ARGUMENT.with("Specify either ClusterEndpoint or DomainARN, not both.")
}

pub(crate) fn no_switch_with_open_search() -> ServiceError {
    INVALID_ARGUMENT.with("Switching between Amazon OpenSearch Service and other destination types is not supported.")
}

pub(crate) fn source_does_not_match(kind: DeliveryStreamType) -> ServiceError {
    INVALID_ARGUMENT.with(format!("The source configuration does not match DeliveryStreamType {}.", kind.name()))
}

pub(crate) fn source_elsewhere(arn: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("KinesisStreamARN {arn} is not in the account and region of the Firehose."))
}

pub(crate) fn source_not_found(arn: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("Kinesis stream {arn} does not exist."))
}

pub(crate) fn metadata_query(reason: String) -> ServiceError {
    INVALID_ARGUMENT.with(format!("MetadataExtractionQuery is not a jq expression that can be run: {reason}."))
}

pub(crate) fn no_metadata_extraction() -> ServiceError {
    INVALID_ARGUMENT.with("A MetadataExtraction processor is required when partitionKeyFromQuery is used in Prefix.")
}

pub(crate) fn partitioning_cannot_begin() -> ServiceError {
    INVALID_ARGUMENT.with("Dynamic partitioning can be enabled only when a Firehose is created.")
}

pub(crate) fn partitioning_cannot_end() -> ServiceError {
    INVALID_ARGUMENT.with("Dynamic partitioning cannot be disabled once it is enabled.")
}

pub(crate) fn partitioning_size() -> ServiceError {
    INVALID_ARGUMENT.with("BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.")
}

pub(crate) fn too_many_tags(name: &str) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("A Firehose can have 50 tags at the most; {name} would have more."))
}

pub(crate) fn encryption_needs_direct_put() -> ServiceError {
    INVALID_ARGUMENT.with("Server-side encryption is supported only on delivery streams whose source is DirectPut.")
}

pub(crate) fn key_arn_required() -> ServiceError {
    INVALID_ARGUMENT.with("KeyARN must be specified when KeyType is CUSTOMER_MANAGED_CMK.")
}

pub(crate) fn key_arn_not_allowed() -> ServiceError {
    INVALID_ARGUMENT.with("KeyARN must not be specified when KeyType is AWS_OWNED_CMK.")
}

pub(crate) fn encryption_in_use(name: &str, status: EncryptionStatus) -> ServiceError {
    RESOURCE_IN_USE.with(format!("Encryption of firehose {name} cannot be changed while it is {}.", status.name()))
}

pub(crate) fn encryption_rate(name: &str, limit: usize) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("Encryption of firehose {name} was started and stopped {limit} times in 24 hours."))
}

pub(crate) fn too_many_data_keys(limit: usize, name: &str) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("Records of firehose {name} are encrypted under {limit} keys already."))
}

/// Why a key cannot be used, as the key store tells it; `code` is the exception that KMS has for it.
pub(crate) fn kms(error: keys::Error, key: &str) -> ServiceError {
    let (code, sentence) = match &error {
        keys::Error::NotFound => ("NotFoundException", format!("KMS key {key} does not exist.")),
        keys::Error::Disabled => ("DisabledException", format!("KMS key {key} is disabled.")),
        keys::Error::PendingDeletion => ("KMSInvalidStateException", format!("KMS key {key} is pending deletion.")),
        _ => return ServiceError::internal(error),
    };
    INVALID_KMS_RESOURCE.with(sentence).with_member("code", ErrorMember::Text(code.into()))
}
