//! Settings of Redshift destinations.

use serde::{Deserialize, Serialize};

use super::{Backup, Logging, Processing, Retry, S3Output};

/// A table that is loaded from a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RedshiftDestination {
    pub(crate) role_arn: String,
    pub(crate) cluster_jdbc_url: String,
    pub(crate) copy: CopyCommand,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) retry: Retry,
    /// The intermediate bucket.
    pub(crate) s3: S3Output,
    pub(crate) processing: Option<Processing>,
    pub(crate) backup: Backup,
    pub(crate) logging: Logging,
}

/// How the table is loaded. Also how answers show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CopyCommand {
    pub(crate) data_table_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_table_columns: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) copy_options: Option<String>,
}
