//! Settings of S3 destinations.

use serde::{Deserialize, Serialize};

use super::{Backup, Processing, Retry, S3Output};

/// A bucket that takes the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct S3Destination {
    pub(crate) output: S3Output,
    pub(crate) processing: Option<Processing>,
    pub(crate) backup: Backup,
    pub(crate) partitioning: Option<DynamicPartitioning>,
    /// Replaces the extension of the compression; `None` and empty text keep it.
    pub(crate) file_extension: Option<String>,
    /// For `!{timestamp:…}`; `None` and empty text mean UTC.
    pub(crate) time_zone: Option<String>,
    /// Whether a conversion of formats was named and switched off; none can be switched on.
    #[serde(default)]
    pub(crate) names_conversion: bool,
}

/// Keys of objects by the contents of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DynamicPartitioning {
    pub(crate) enabled: bool,
    pub(crate) retry: Retry,
}

impl S3Destination {
    /// Whether keys of objects depend on the contents of records.
    pub(crate) fn is_partitioned(&self) -> bool {
        self.partitioning.is_some_and(|partitioning| partitioning.enabled)
    }
}
