//! Firehose's own words, nowhere else.

use aws::{Call, ErrorCode, ServiceError};

const RESOURCE_NOT_FOUND: ErrorCode = ErrorCode::sender("ResourceNotFoundException");

/// What an engine error means to a client when the situation has no words of its own.
pub(crate) fn engine(error: log::Error) -> ServiceError {
    ServiceError::internal(error)
}

pub(crate) fn stream_not_found(name: &str, call: &Call) -> ServiceError {
    RESOURCE_NOT_FOUND.with(format!("Firehose {name} under account {} not found.", call.account))
}
