//! Settings of OpenSearch destinations: three flavours that differ in little but their names.

use serde::{Deserialize, Serialize};

use super::{Hints, Logging, Processing, Retry, S3Output};
use crate::shapes::{DocumentIdFormat, DocumentsBackupMode, IndexRotationPeriod};

/// Under which name the destination was configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Flavour {
    Elasticsearch,
    OpenSearch,
    Serverless,
}

/// An index of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenSearchDestination {
    pub(crate) flavour: Flavour,
    pub(crate) role_arn: String,
    /// Kept and shown; requests go to the endpoint.
    pub(crate) domain_arn: Option<String>,
    /// `ClusterEndpoint`, or `CollectionEndpoint` of a serverless one.
    pub(crate) endpoint: Option<String>,
    pub(crate) index_name: String,
    /// Empty or absent from version 7 on.
    pub(crate) type_name: Option<String>,
    pub(crate) rotation: IndexRotationPeriod,
    pub(crate) hints: Hints,
    pub(crate) retry: Retry,
    pub(crate) backup_mode: DocumentsBackupMode,
    /// Takes what failed, or everything.
    pub(crate) s3: S3Output,
    pub(crate) processing: Option<Processing>,
    pub(crate) logging: Logging,
    pub(crate) document_ids: DocumentIdFormat,
}

impl OpenSearchDestination {
    /// Whether the bucket takes everything.
    pub(crate) fn backs_up_all(&self) -> bool {
        self.backup_mode == DocumentsBackupMode::AllDocuments
    }
}
