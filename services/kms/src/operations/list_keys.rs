//! `ListKeys`.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, ServiceError, wire_enum};
use serde::{Deserialize, Serialize};

use crate::{Kms, errors, key_arn, limits, scope, shapes};

wire_enum! {
    /// Whose keys.
    enum ResourceOwner {
        Own = "SELF",
        Others = "OTHER_ACCOUNTS_VIA_RAM",
    }
}

/// Lists the keys of an account and region.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html>
///
/// Differs from AWS: keys of other accounts are not shared, so only one's own can be listed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListKeys {
    limit: Option<i32>,
    marker: Option<String>,
    resource_owners: Option<Vec<Lenient<ResourceOwner>>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListKeysOutput {
    keys: Vec<KeyListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyListEntry {
    key_id: String,
    key_arn: String,
}

impl Operation for ListKeys {
    const NAME: &'static str = "ListKeys";
    type Service = Kms;
    type Output = ListKeysOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::page(check, &self.limit, &self.marker);
        check.member("resourceOwners", &self.resource_owners).length(1..=2).all_known();
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<ListKeysOutput, ServiceError> {
        let owners = self.resource_owners.as_deref().unwrap_or_default();
        if owners.iter().any(|owner| owner.known() == ResourceOwner::Others) {
            return Err(ServiceError::not_implemented("kms:ListKeys: keys that other accounts share"));
        }
        let refused = |error| errors::refused(error, "", call);
        if let Some(marker) = &self.marker {
            // The last key of a page; it may have been deleted meanwhile.
            let is_id = marker.len() == 36 && marker.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
            is_id.then_some(()).ok_or_else(|| errors::marker_invalid(marker))?;
        }
        let count = shapes::page_count(self.limit, limits::LIST_KEYS_COUNT);
        let mut keys = kms.keys.list(scope(call), self.marker.as_deref(), count + 1).map_err(refused)?;
        let truncated = keys.len() > count;
        keys.truncate(count);
        let next_marker = keys.last().filter(|_| truncated).map(|key| key.id.clone());
        let entries = keys.into_iter().map(|key| KeyListEntry { key_arn: key_arn(call, &key.id), key_id: key.id });
        Ok(ListKeysOutput { keys: entries.collect(), next_marker, truncated })
    }
}
