//! Settings of Splunk destinations.

use serde::{Deserialize, Serialize};

use super::{Hints, Logging, Processing, Retry, S3Output};
use crate::shapes::{EventsBackupMode, HecEndpointType};

/// A Splunk HTTP event collector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SplunkDestination {
    pub(crate) endpoint: String,
    pub(crate) endpoint_type: HecEndpointType,
    pub(crate) token: Option<String>,
    pub(crate) acknowledgment_timeout_s: u32,
    pub(crate) retry: Retry,
    pub(crate) backup_mode: EventsBackupMode,
    /// Takes what failed, or everything.
    pub(crate) s3: S3Output,
    pub(crate) processing: Option<Processing>,
    pub(crate) logging: Logging,
    pub(crate) hints: Hints,
}

impl SplunkDestination {
    /// Whether the bucket takes everything.
    pub(crate) fn backs_up_all(&self) -> bool {
        self.backup_mode == EventsBackupMode::AllEvents
    }
}
