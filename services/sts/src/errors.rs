//! STS' own words, nowhere else.

use aws::{Call, ErrorCode, ServiceError};

const VALIDATION: ErrorCode = ErrorCode::sender("ValidationError");
const ACCESS_DENIED: ErrorCode = ErrorCode::with_status("AccessDenied", 403);

pub(crate) fn invalid_arn(arn: &str) -> ServiceError {
    VALIDATION.with(format!("{arn} is invalid"))
}

pub(crate) fn not_authorized(call: &Call, role: &str) -> ServiceError {
    ACCESS_DENIED
        .with(format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {role}", call.caller))
}

pub(crate) fn session_calls_for_session() -> ServiceError {
    ACCESS_DENIED.with("Cannot call GetSessionToken with session credentials")
}

pub(crate) fn chained_too_long() -> ServiceError {
    VALIDATION.with("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
}

/// MFA devices belong to IAM, which is not there.
pub(crate) fn no_mfa() -> ServiceError {
    ServiceError::not_implemented("Multi-factor authentication (SerialNumber, TokenCode)")
}

/// Accepting a policy without enforcing it would give more than the caller asked for.
pub(crate) fn no_session_policies() -> ServiceError {
    ServiceError::not_implemented("Restricting a session by Policy or PolicyArns")
}

pub(crate) fn no_contexts() -> ServiceError {
    ServiceError::not_implemented("ProvidedContexts")
}
