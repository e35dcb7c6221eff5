//! `CreateAlias`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use keys::MANAGED_PREFIX;
use serde::Deserialize;

use crate::{Kms, errors, scope, shapes};

/// Gives a key a second name.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CreateAlias {
    alias_name: Required<String>,
    target_key_id: Required<String>,
}

impl Operation for CreateAlias {
    const NAME: &'static str = "CreateAlias";
    type Service = Kms;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::alias_name(check, &self.alias_name);
        check.member("targetKeyId", &self.target_key_id).length(1..=2048);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<(), ServiceError> {
        let name = self.alias_name.into_inner();
        if name.strip_prefix("alias/").is_none_or(str::is_empty) {
            return Err(errors::alias_without_prefix());
        }
        if name.starts_with(MANAGED_PREFIX) {
            return Err(errors::alias_reserved(&name));
        }
        let key = kms.find_by_id(call, &self.target_key_id)?;
        match kms.keys.set_alias(scope(call), &name, &key.id).await {
            Ok(()) => Ok(()),
            Err(keys::Error::Exists) => Err(errors::alias_exists(&name, call)),
            Err(error) => Err(errors::refused(error, &key.id, call)),
        }
    }
}
