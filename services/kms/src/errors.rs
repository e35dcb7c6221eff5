//! KMS' own words, nowhere else. Sentences marked ≈ are ours where AWS's are not documented.

use aws::{Call, ErrorCode, ServiceError};
use keys::Error;

use crate::key_arn;

const ALREADY_EXISTS: ErrorCode = ErrorCode::sender("AlreadyExistsException");
const DISABLED: ErrorCode = ErrorCode::sender("DisabledException");
const DRY_RUN: ErrorCode = ErrorCode::with_status("DryRunOperationException", 412);
const INCORRECT_KEY: ErrorCode = ErrorCode::sender("IncorrectKeyException");
const INTERNAL: ErrorCode = ErrorCode::receiver("KMSInternalException");
const INVALID_ALIAS_NAME: ErrorCode = ErrorCode::sender("InvalidAliasNameException");
const INVALID_ARN: ErrorCode = ErrorCode::sender("InvalidArnException");
const INVALID_CIPHERTEXT: ErrorCode = ErrorCode::sender("InvalidCiphertextException");
const INVALID_GRANT_TOKEN: ErrorCode = ErrorCode::sender("InvalidGrantTokenException");
const INVALID_MARKER: ErrorCode = ErrorCode::sender("InvalidMarkerException");
const INVALID_STATE: ErrorCode = ErrorCode::sender("KMSInvalidStateException");
const KEY_UNAVAILABLE: ErrorCode = ErrorCode::receiver("KeyUnavailableException");
const NOT_FOUND: ErrorCode = ErrorCode::sender("NotFoundException");
const UNSUPPORTED: ErrorCode = ErrorCode::sender("UnsupportedOperationException");

pub(crate) fn key_not_found(arn: &str) -> ServiceError {
    NOT_FOUND.with(format!("Key '{arn}' does not exist"))
}

pub(crate) fn key_id_invalid(name: &str) -> ServiceError {
    NOT_FOUND.with(format!("Invalid keyId '{name}'"))
}

pub(crate) fn alias_not_found(name: &str, call: &Call) -> ServiceError {
    NOT_FOUND.with(format!("Alias {} is not found.", call.arn("kms", name)))
}

pub(crate) fn region_invalid(region: &str) -> ServiceError {
    NOT_FOUND.with(format!("Invalid arn {region}"))
}

pub(crate) fn arn_invalid(arn: &str) -> ServiceError {
    INVALID_ARN.with(format!("Invalid arn {arn}"))
}

pub(crate) fn alias_exists(name: &str, call: &Call) -> ServiceError {
    ALREADY_EXISTS.with(format!("An alias with the name {} already exists", call.arn("kms", name)))
}

/// ≈
pub(crate) fn alias_without_prefix() -> ServiceError {
    ServiceError::validation("Alias must start with the prefix \"alias/\".".to_owned())
}

/// ≈
pub(crate) fn alias_reserved(name: &str) -> ServiceError {
    INVALID_ALIAS_NAME.with(format!("{name}: the prefix alias/aws/ is reserved for AWS managed keys"))
}

/// ≈
pub(crate) fn key_is_managed(arn: &str) -> ServiceError {
    UNSUPPORTED.with(format!("{arn} is an AWS managed key, which cannot be changed"))
}

pub(crate) fn key_disabled(arn: &str) -> ServiceError {
    DISABLED.with(format!("{arn} is disabled."))
}

pub(crate) fn key_pending_deletion(arn: &str) -> ServiceError {
    INVALID_STATE.with(format!("{arn} is pending deletion."))
}

fn key_not_pending_deletion(arn: &str) -> ServiceError {
    INVALID_STATE.with(format!("{arn} is not pending deletion."))
}

/// AWS says nothing more, so that nobody learns from it.
pub(crate) fn ciphertext_invalid() -> ServiceError {
    INVALID_CIPHERTEXT.bare()
}

pub(crate) fn key_incorrect() -> ServiceError {
    INCORRECT_KEY.with("The key ID in the request does not identify a CMK that can perform this operation.")
}

pub(crate) fn marker_invalid(marker: &str) -> ServiceError {
    INVALID_MARKER.with(format!("Could not deserialize marker '{marker}'"))
}

/// No grant is ever made, so no token can be a good one.
pub(crate) fn grant_token_invalid() -> ServiceError {
    INVALID_GRANT_TOKEN.with("A grant token in the request is invalid.")
}

pub(crate) fn dry_run() -> ServiceError {
    DRY_RUN.with("The request would have succeeded, but the DryRun option is set.")
}

pub(crate) fn data_key_size_unclear() -> ServiceError {
    ServiceError::validation("Please specify either number of bytes or key spec.".to_owned())
}

pub(crate) fn two_key_specs() -> ServiceError {
    ServiceError::validation(
        "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."
            .to_owned(),
    )
}

/// What the key store refused while it looked for `name` (`ID`, `key/ID` or `alias/NAME`).
pub(crate) fn not_resolved(error: Error, name: &str, call: &Call) -> ServiceError {
    match error {
        Error::NotFound if name.starts_with("alias/") => alias_not_found(name, call),
        error => refused(error, name.strip_prefix("key/").unwrap_or(name), call),
    }
}

/// What the key store refused to do with a key.
pub(crate) fn refused(error: Error, id: &str, call: &Call) -> ServiceError {
    let arn = key_arn(call, id);
    match error {
        Error::NotFound => key_not_found(&arn),
        Error::Exists => INTERNAL.with("The key changed meanwhile, try again."),
        Error::Disabled => key_disabled(&arn),
        Error::PendingDeletion => key_pending_deletion(&arn),
        Error::NotPendingDeletion => key_not_pending_deletion(&arn),
        Error::Managed => key_is_managed(&arn),
        Error::WrongKey { problem, .. } => {
            KEY_UNAVAILABLE.with(format!("The server's master key file {problem}.")).caused_by(error)
        }
        Error::Damaged => ciphertext_invalid(),
        Error::Store(store::Error::Full) => INTERNAL.with("The server's disk is full.").caused_by(error),
        Error::Store(_) | Error::Io(_) => INTERNAL.with("The key store failed.").caused_by(error),
    }
}
