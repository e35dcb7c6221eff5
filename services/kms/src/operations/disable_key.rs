//! `DisableKey`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::{Kms, errors, scope, shapes};

/// Keeps a key from being used.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DisableKey {
    key_id: Required<String>,
}

impl Operation for DisableKey {
    const NAME: &'static str = "DisableKey";
    type Service = Kms;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::key_id(check, &self.key_id);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<(), ServiceError> {
        let key = kms.find_by_id(call, &self.key_id)?;
        let changed = kms.keys.set_enabled(scope(call), &key.id, false).await;
        changed.map_err(|error| errors::refused(error, &key.id, call))
    }
}
