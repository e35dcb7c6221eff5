//! What the outside store answers, in our words.

use object_store::Error;
use s3s::{S3Error, S3ErrorCode};

use crate::errors;

/// Something that cannot be carried out in a bucket that is kept outside.
pub(super) fn not_possible(what: &str) -> S3Error {
    errors::not_implemented(format!("{what} in a bucket that is mapped onto an outside store"))
}

pub(super) fn key_not_possible(key: &str) -> S3Error {
    not_possible(&format!("The key '{key}', which has empty or dotted segments or ends in a slash,"))
}

/// The outside store refused, or could not be reached.
pub(super) fn outside(error: &Error, key: &str) -> S3Error {
    match error {
        Error::NotFound { .. } => errors::no_such_key(key),
        Error::Precondition { .. } => errors::precondition_failed("If-Match"),
        Error::AlreadyExists { .. } => errors::precondition_failed("If-None-Match"),
        Error::NotModified { .. } => S3Error::with_message(S3ErrorCode::NotModified, "Not Modified"),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            tracing::warn!(%error, "an outside store does not let us in");
            S3Error::with_message(S3ErrorCode::AccessDenied, "The outside store of this bucket denied the access.")
        }
        Error::NotSupported { .. } | Error::NotImplemented { .. } => not_possible("What was asked for"),
        other => {
            tracing::warn!(error = %other, "an outside store did not do what it was asked for");
            let sentence = "The outside store of this bucket did not answer as it should.";
            S3Error::with_message(S3ErrorCode::ServiceUnavailable, sentence)
        }
    }
}
