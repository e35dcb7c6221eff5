//! A bucket and how objects in it are made: of S3 itself, of intermediate files and of backups.

use serde::{Deserialize, Serialize};

use super::{Hints, Logging};
use crate::shapes::CompressionFormat;

/// Objects in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct S3Output {
    pub(crate) role_arn: String,
    pub(crate) bucket_arn: String,
    /// As it was given; `None` and empty text mean the default.
    pub(crate) prefix: Option<String>,
    pub(crate) error_prefix: Option<String>,
    pub(crate) hints: Hints,
    pub(crate) compression: CompressionFormat,
    /// The key objects are encrypted under; `None` where they are not.
    pub(crate) kms_key_arn: Option<String>,
    pub(crate) logging: Logging,
}

impl S3Output {
    /// The bucket's name.
    pub(crate) fn bucket(&self) -> &str {
        self.bucket_arn.rsplit(':').next().unwrap_or_default()
    }
}
