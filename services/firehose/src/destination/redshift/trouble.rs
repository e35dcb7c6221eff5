//! Why a table could not be loaded, by AWS's codes.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use tokio_postgres::error::SqlState;

/// An error of AWS's, and what the database said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    code: &'static str,
    message: String,
}

const CONNECTION_FAILED: &str = "Redshift.ConnectionFailed";

/// Errors that Redshift tells apart by their text alone, in lower case; the first that fits.
const TEXTS: &[(&str, &str)] = &[
    ("stl_load_errors", "Redshift.DataLoadFailed"),
    ("sys_load_error_detail", "Redshift.DataLoadFailed"),
    ("not authorized to assume", "Redshift.AccessDenied"),
    ("different region", "Redshift.IncorrectOrMissingRegion"),
    ("status 301", "Redshift.IncorrectOrMissingRegion"),
    ("access denied", "Redshift.S3BucketAccessDenied"),
    ("status 403", "Redshift.S3BucketAccessDenied"),
    ("nosuchkey", "Redshift.MissingS3File"),
    ("does not exist in s3", "Redshift.MissingS3File"),
    ("s3 prefix", "Redshift.MissingS3File"),
    ("file has been removed", "Redshift.MissingS3File"),
    ("status 404", "Redshift.MissingS3File"),
    ("number of jsonpaths", "Redshift.ColumnMismatch"),
    ("jsonpath", "Redshift.IncorrectJsonPathsFile"),
    ("conflicting or redundant options", "Redshift.IncorrectCopyOptions"),
    ("not null without", "Redshift.MissingColumn"),
    ("resize mode", "Redshift.ReadOnlyCluster"),
    ("read-only", "Redshift.ReadOnlyCluster"),
    ("disk full", "Redshift.DiskFull"),
];

impl Trouble {
    pub(super) fn connection(error: &io::Error) -> Self {
        Self { code: CONNECTION_FAILED, message: format!("the connection to the cluster failed: {error}") }
    }

    pub(super) fn insecure(error: &dyn std::fmt::Display) -> Self {
        Self { code: CONNECTION_FAILED, message: format!("the connection to the cluster cannot be secured: {error}") }
    }

    pub(super) fn timeout(limit: Duration) -> Self {
        Self { code: CONNECTION_FAILED, message: format!("the cluster did not answer within {} s", limit.as_secs()) }
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(told) = error.as_db_error() else {
            let mut message = format!("the connection to the cluster failed: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                let _ = write!(message, ": {error}"); // Writing to a String cannot fail.
                cause = error.source();
            }
            return Self { code: CONNECTION_FAILED, message };
        };
        let message = match told.detail() {
            Some(detail) => format!("{}: {detail}", told.message()),
            None => told.message().to_owned(),
        };
        Self { code: by_text(&message).unwrap_or_else(|| by_state(told.code())), message }
    }
}

fn by_text(message: &str) -> Option<&'static str> {
    let message = message.to_lowercase();
    TEXTS.iter().find(|(text, _)| message.contains(text)).map(|(_, code)| *code)
}

fn by_state(state: &SqlState) -> &'static str {
    match state.code() {
        "42P01" | "3F000" => "Redshift.TableNotFound",
        "42703" => "Redshift.ColumnNotFound",
        "42601" | "42000" => "Redshift.SyntaxError",
        "28P01" | "28000" => "Redshift.AuthenticationFailed",
        "3D000" => "Redshift.DatabaseNotFound",
        "42501" => "Redshift.InsufficientPrivilege",
        "23502" => "Redshift.MissingColumn",
        "25006" => "Redshift.ReadOnlyCluster",
        "53100" => "Redshift.DiskFull",
        state if state.starts_with("22") => "Redshift.DataLoadFailed",
        state if state.starts_with("08") || state.starts_with("57P") => CONNECTION_FAILED,
        _ => "InternalError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_redshift_have_awss_codes() {
        for (text, code) in [
            (
                "Load into table 't' failed.  Check 'stl_load_errors' system table for details.",
                "Redshift.DataLoadFailed",
            ),
            ("S3ServiceException:Access Denied,Status 403,Error AccessDenied", "Redshift.S3BucketAccessDenied"),
            ("User arn:aws:redshift is not authorized to assume IAM Role", "Redshift.AccessDenied"),
            ("The specified S3 prefix 'x' does not exist", "Redshift.MissingS3File"),
            ("Number of jsonpaths and the number of columns should match.", "Redshift.ColumnMismatch"),
            ("Invalid JSONPath format: member is not an object.", "Redshift.IncorrectJsonPathsFile"),
            ("Disk Full", "Redshift.DiskFull"),
        ] {
            assert_eq!(by_text(text), Some(code), "{text}");
        }
        assert_eq!(by_text("relation \"t\" does not exist"), None);
        assert_eq!(by_state(&SqlState::UNDEFINED_TABLE), "Redshift.TableNotFound");
        assert_eq!(by_state(&SqlState::INTERNAL_ERROR), "InternalError");
    }
}
