//! Settings of HTTP endpoint destinations.

use serde::{Deserialize, Serialize};

use super::{Hints, Logging, Processing, Retry, S3Output};
use crate::shapes::{ContentEncoding, DataBackupMode};

/// A server that obeys Firehose's contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HttpEndpointDestination {
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) access_key: Option<String>,
    pub(crate) hints: Hints,
    pub(crate) logging: Logging,
    pub(crate) content_encoding: ContentEncoding,
    /// Names and values, in the order they were given.
    pub(crate) common_attributes: Vec<(String, String)>,
    pub(crate) processing: Option<Processing>,
    pub(crate) role_arn: Option<String>,
    pub(crate) retry: Retry,
    pub(crate) backup_mode: DataBackupMode,
    /// Takes what failed, or everything.
    pub(crate) s3: S3Output,
}

impl HttpEndpointDestination {
    /// Whether the bucket takes everything.
    pub(crate) fn backs_up_all(&self) -> bool {
        self.backup_mode == DataBackupMode::AllData
    }
}
