//! `CancelKeyDeletion`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::{Kms, errors, key_arn, scope, shapes};

/// Keeps a key that was to be deleted; it is disabled then.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CancelKeyDeletion {
    key_id: Required<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelKeyDeletionOutput {
    key_id: String,
}

impl Operation for CancelKeyDeletion {
    const NAME: &'static str = "CancelKeyDeletion";
    type Service = Kms;
    type Output = CancelKeyDeletionOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::key_id(check, &self.key_id);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<CancelKeyDeletionOutput, ServiceError> {
        let key = kms.find_by_id(call, &self.key_id)?;
        let cancelled = kms.keys.cancel_deletion(scope(call), &key.id).await;
        cancelled.map_err(|error| errors::refused(error, &key.id, call))?;
        Ok(CancelKeyDeletionOutput { key_id: key_arn(call, &key.id) })
    }
}
