//! Kinesis' own words, nowhere else.

mod records;

use aws::{Call, ErrorCode, ServiceError, WireEnum};

use crate::shapes::StreamStatus;
use crate::tags::Bearer;

pub(crate) use records::*;

const EXPIRED_NEXT_TOKEN: ErrorCode = ErrorCode::sender("ExpiredNextTokenException");
const EXPIRED_ITERATOR: ErrorCode = ErrorCode::sender("ExpiredIteratorException");
const DRY_RUN: ErrorCode = ErrorCode::sender("DryRunOperationException");
const THROUGHPUT_EXCEEDED: ErrorCode = ErrorCode::sender("ProvisionedThroughputExceededException");
const KMS_DISABLED: ErrorCode = ErrorCode::sender("KMSDisabledException");
const KMS_INVALID_STATE: ErrorCode = ErrorCode::sender("KMSInvalidStateException");
const KMS_NOT_FOUND: ErrorCode = ErrorCode::sender("KMSNotFoundException");
const KMS_ACCESS_DENIED: ErrorCode = ErrorCode::sender("KMSAccessDeniedException");
const INTERNAL_FAILURE: ErrorCode = ErrorCode::receiver("InternalFailure");
const INVALID_ARGUMENT: ErrorCode = ErrorCode::sender("InvalidArgumentException");
const LIMIT_EXCEEDED: ErrorCode = ErrorCode::sender("LimitExceededException");
const RESOURCE_IN_USE: ErrorCode = ErrorCode::sender("ResourceInUseException");
const RESOURCE_NOT_FOUND: ErrorCode = ErrorCode::sender("ResourceNotFoundException");
const UNRECOGNIZED_CLIENT: ErrorCode = ErrorCode::sender("UnrecognizedClientException");
const VALIDATION: ErrorCode = ErrorCode::sender("ValidationException");

pub(crate) fn stream_not_found(stream: &str, call: &Call) -> ServiceError {
    RESOURCE_NOT_FOUND.with(format!("Stream {stream} under account {} not found.", call.account))
}

pub(crate) fn stream_not_active(stream: &str, status: StreamStatus, call: &Call) -> ServiceError {
    let (account, status) = (&call.account, status.name());
    RESOURCE_IN_USE.with(format!("Stream {stream} under account {account} not ACTIVE, instead in state {status}"))
}

pub(crate) fn shard_not_parsed(shard: &str, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    RESOURCE_NOT_FOUND.with(format!("Could not find shard {shard} in stream {stream} under account {account}."))
}

pub(crate) fn shard_not_found(shard: &str, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    RESOURCE_NOT_FOUND.with(format!("Shard {shard} in stream {stream} under account {account} does not exist"))
}

pub(crate) fn no_stream_named() -> ServiceError {
    INVALID_ARGUMENT.with("Stream arn and stream name can't be empty at the same time")
}

pub(crate) fn name_is_not_that_of_arn(name: &str, in_arn: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("Input stream name {name} doesn't match the inferred name in stream arn {in_arn}"))
}

pub(crate) fn arn_of_other_region(arn: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("The region specified in the ARN '{arn}' does not match the endpoint region"))
}

pub(crate) fn arn_of_unknown_account() -> ServiceError {
    UNRECOGNIZED_CLIENT.with("No account found for the given parameters")
}

/// What an engine error means to a client when the situation has no words of its own.
pub(crate) fn engine(error: log::Error) -> ServiceError {
    ServiceError::internal(error)
}

pub(crate) fn stream_exists(stream: &str, call: &Call) -> ServiceError {
    RESOURCE_IN_USE.with(format!("Stream {stream} under account {} already exists.", call.account))
}

pub(crate) fn shard_quota(open: usize, limit: u32, more: usize, call: &Call) -> ServiceError {
    let (account, region) = (&call.account, &call.region);
    LIMIT_EXCEEDED.with(format!(
        "This request would exceed the shard limit for the account {account} in {region}. Current shard count for the \
         account: {open}. Limit: {limit}. Number of additional shards that would have resulted from this request: {more}. \
         Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for \
         current limits and how to request higher limits."
    ))
}

pub(crate) fn too_many_shards_in_stream(shards: usize, limit: usize) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("A stream can have {limit} open shards at the most. This request needs {shards}."))
}

pub(crate) fn too_many_creating(limit: usize, call: &Call) -> ServiceError {
    let (account, region) = (&call.account, &call.region);
    LIMIT_EXCEEDED.with(format!("Account {account} already has {limit} streams in state CREATING in {region}."))
}

pub(crate) fn on_demand_quota(limit: usize, call: &Call) -> ServiceError {
    let (account, region) = (&call.account, &call.region);
    LIMIT_EXCEEDED.with(format!(
        "This request would exceed the on-demand stream limit for the account {account} in {region}. Limit: {limit}."
    ))
}

pub(crate) fn rate_exceeded(call: &Call) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("Rate exceeded for account {}.", call.account))
}

pub(crate) fn stream_rate_exceeded(stream: &str, call: &Call) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("Rate exceeded for stream {stream} under account {}.", call.account))
}

pub(crate) fn shard_count_not_expected() -> ServiceError {
    VALIDATION.with("ShardCount is not expected when StreamMode=ON_DEMAND")
}

pub(crate) fn strategy_needs_on_demand() -> ServiceError {
    INVALID_ARGUMENT.with("RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode.")
}

pub(crate) fn warm_throughput_needs_on_demand() -> ServiceError {
    INVALID_ARGUMENT.with("WarmThroughputMiBps is only supported for streams in ON_DEMAND mode.")
}

pub(crate) fn warm_throughput_needs_advantage(call: &Call) -> ServiceError {
    let (account, region) = (&call.account, &call.region);
    INVALID_ARGUMENT.with(format!(
        "WarmThroughputMiBps needs MinimumThroughputBillingCommitment to be ENABLED for the account {account} in {region}."
    ))
}

pub(crate) fn warm_throughput_too_high(mibps: i32, limit: i32) -> ServiceError {
    INVALID_ARGUMENT.with(format!("WarmThroughputMiBps {mibps} is above the maximum of {limit}."))
}

pub(crate) fn stream_is_on_demand(stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    VALIDATION.with(format!("Request is invalid. Stream {stream} under account {account} is in On-Demand mode."))
}

pub(crate) fn stream_has_consumers(stream: &str, call: &Call) -> ServiceError {
    RESOURCE_IN_USE.with(format!(
        "DeleteStream can't delete {}:{stream} because there are consumers associated with this data stream. To delete \
         {stream} anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that \
         are associated with it.",
        call.account
    ))
}

pub(crate) fn shard_is_closed(shard: &str, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    INVALID_ARGUMENT.with(format!("Shard {shard} in stream {stream} under account {account} is closed."))
}

pub(crate) fn split_key(key: u128, shard: &str, stream: &str, range: log::HashRange, call: &Call) -> ServiceError {
    let (account, log::HashRange { start, end }) = (&call.account, range);
    INVALID_ARGUMENT.with(format!(
        "NewStartingHashKey {key} used in SplitShard() on shard {shard} in stream {stream} under account {account} is not \
         both greater than one plus the shard's StartingHashKey {start} and less than the shard's EndingHashKey {end}."
    ))
}

pub(crate) fn split_key_too_large(key: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!(
        "Invalid NewStartingHashKey. NewStartingHashKey must be in the range: [0, 2^128-1]. Specified value was {key}"
    ))
}

pub(crate) fn not_mergeable(first: &str, second: &str, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    INVALID_ARGUMENT.with(format!(
        "Shards {first} and {second} in stream {stream} under account {account} are not an adjacent pair of shards \
         eligible for merging"
    ))
}

pub(crate) fn scaled_up_too_far(open: usize, target: usize) -> ServiceError {
    LIMIT_EXCEEDED.with(format!(
        "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: {open}, \
         Target shard count: {target}"
    ))
}

pub(crate) fn scaled_down_too_far(open: usize, target: usize) -> ServiceError {
    LIMIT_EXCEEDED.with(format!(
        "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: {open}, \
         Target shard count: {target}"
    ))
}

pub(crate) fn retention_too_short(hours: i32) -> ServiceError {
    INVALID_ARGUMENT.with(format!(
        "Minimum allowed retention period is 24 hours. Requested retention period ({hours} hours) is too short."
    ))
}

pub(crate) fn retention_too_long(hours: u64) -> ServiceError {
    INVALID_ARGUMENT.with(format!(
        "Maximum allowed retention period is 8760 hours. Requested retention period ({hours} hours) is too long."
    ))
}

pub(crate) fn retention_not_increased(hours: u64, existing: u64, stream: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!(
        "Requested retention period ({hours} hours) for stream {stream} can not be shorter than existing retention period \
         ({existing} hours). Use DecreaseRetentionPeriod API."
    ))
}

pub(crate) fn retention_not_decreased(hours: u64, existing: u64, stream: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!(
        "Requested retention period ({hours} hours) for stream {stream} can not be longer than existing retention period \
         ({existing} hours). Use IncreaseRetentionPeriod API."
    ))
}

pub(crate) fn no_stream_or_token() -> ServiceError {
    INVALID_ARGUMENT.with("Either NextToken or StreamName should be provided.")
}

pub(crate) fn not_together(first: &str, second: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{first} and {second} cannot be provided together."))
}

pub(crate) fn next_token(refusal: crate::token::Refusal) -> ServiceError {
    match refusal {
        crate::token::Refusal::Invalid => INVALID_ARGUMENT.with("Invalid NextToken."),
        crate::token::Refusal::Expired => {
            EXPIRED_NEXT_TOKEN.with("The NextToken is older than 300 seconds. Repeat the request without it.")
        }
    }
}

pub(crate) fn shard_filter_lacks(member: &str, filter: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("ShardFilter of type {filter} must specify {member}."))
}

pub(crate) fn shard_filter_excess(member: &str, filter: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("ShardFilter of type {filter} must not specify {member}."))
}

pub(crate) fn system_tags() -> ServiceError {
    INVALID_ARGUMENT.with("Some tag keys in the request started with 'aws:'. System tags cannot be modified.")
}

pub(crate) fn tag_characters() -> ServiceError {
    INVALID_ARGUMENT.with(
        "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.",
    )
}

/// How tag messages name what the tags belong to.
fn bearer_name(bearer: Bearer<'_>) -> String {
    match bearer {
        Bearer::Stream(stream) => format!("stream {stream}"),
        Bearer::Resource(arn) => format!("resource {arn}"),
    }
}

pub(crate) fn tag_percent(act: &str, bearer: Bearer<'_>, call: &Call) -> ServiceError {
    INVALID_ARGUMENT.with(format!(
        "Failed to {act} {} under account {} because some tags contained illegal characters. The allowed characters are \
         Unicode letters, white-spaces, '_',',','/','=','+','-','@'.",
        bearer_name(bearer),
        call.account
    ))
}

pub(crate) fn too_many_tags(bearer: Bearer<'_>, call: &Call) -> ServiceError {
    // AWS still says 10 where streams are named, though it allows 50.
    let (kind, limit) = match bearer {
        Bearer::Stream(_) => ("stream", 10),
        Bearer::Resource(_) => ("resource", 50),
    };
    let (bearer, account) = (bearer_name(bearer), &call.account);
    INVALID_ARGUMENT.with(format!(
        "Failed to add tags to {bearer} under account {account} because a given {kind} cannot have more than {limit} tags \
         associated with it."
    ))
}

pub(crate) fn consumer_exists(consumer: &str, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    RESOURCE_IN_USE.with(format!("Consumer {consumer} under stream {stream} already exists for account {account}."))
}

pub(crate) fn consumer_not_found(consumer: &str, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    RESOURCE_NOT_FOUND.with(format!("Consumer {consumer} under stream: {stream}, account {account} not found."))
}

pub(crate) fn no_consumer_named() -> ServiceError {
    INVALID_ARGUMENT.with("Either ConsumerARN or both StreamARN and ConsumerName must be provided.")
}

pub(crate) fn too_many_consumers(limit: usize, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    LIMIT_EXCEEDED.with(format!(
        "Stream {stream} under account {account} cannot have more than {limit} consumers registered with it."
    ))
}

pub(crate) fn too_many_creating_consumers(limit: usize, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    LIMIT_EXCEEDED
        .with(format!("Stream {stream} under account {account} already has {limit} consumers in state CREATING."))
}

pub(crate) fn no_policy(arn: &str) -> ServiceError {
    RESOURCE_NOT_FOUND.with(format!("No resource policy found for resource ARN {arn}."))
}

pub(crate) fn policy_is_not_json() -> ServiceError {
    INVALID_ARGUMENT.with("The policy is not a valid JSON object.")
}

pub(crate) fn policy_too_long(limit: usize) -> ServiceError {
    INVALID_ARGUMENT.with(format!("The policy is longer than {limit} characters."))
}

pub(crate) fn encryption_type_is_not_kms() -> ServiceError {
    INVALID_ARGUMENT.with("The only encryption type that can be started and stopped is KMS.")
}

pub(crate) fn stream_has_other_key(key: &str, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    INVALID_ARGUMENT.with(format!("Stream {stream} under account {account} is not encrypted under the key {key}."))
}

pub(crate) fn server_is_full(limit: usize) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("This server keeps {limit} shards at the most, and has them. Delete streams first."))
}

pub(crate) fn too_many_data_keys(limit: usize, stream: &str, call: &Call) -> ServiceError {
    let account = &call.account;
    LIMIT_EXCEEDED
        .with(format!("Records of stream {stream} under account {account} are encrypted under {limit} keys already."))
}
