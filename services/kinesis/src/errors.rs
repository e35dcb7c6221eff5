//! Kinesis' own words, nowhere else.

use aws::{Call, ErrorCode, ServiceError, WireEnum};

use crate::shapes::StreamStatus;

const INVALID_ARGUMENT: ErrorCode = ErrorCode::sender("InvalidArgumentException");
const RESOURCE_IN_USE: ErrorCode = ErrorCode::sender("ResourceInUseException");
const RESOURCE_NOT_FOUND: ErrorCode = ErrorCode::sender("ResourceNotFoundException");
const UNRECOGNIZED_CLIENT: ErrorCode = ErrorCode::sender("UnrecognizedClientException");

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
