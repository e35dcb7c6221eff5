//! `DeleteAlias`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use keys::MANAGED_PREFIX;
use serde::Deserialize;

use crate::{Kms, errors, scope, shapes};

/// Takes a second name away; the key stays.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteAlias {
    alias_name: Required<String>,
}

impl Operation for DeleteAlias {
    const NAME: &'static str = "DeleteAlias";
    type Service = Kms;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::alias_name(check, &self.alias_name);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<(), ServiceError> {
        let name = self.alias_name.into_inner();
        if !name.starts_with("alias/") {
            return Err(errors::alias_without_prefix());
        }
        if name.starts_with(MANAGED_PREFIX) {
            return Err(errors::alias_reserved(&name));
        }
        let deleted = kms.keys.delete_alias(scope(call), &name).await;
        deleted.map_err(|error| errors::not_resolved(error, &name, call))
    }
}
