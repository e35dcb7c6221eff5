//! `ListAliases`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError, Timestamp};
use keys::Alias;
use serde::{Deserialize, Serialize};

use crate::{Kms, errors, limits, scope, shapes};

/// Lists aliases, all or those of one key.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html>
///
/// Differs from AWS: aliases of AWS managed keys are listed only once the keys are made.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListAliases {
    key_id: Option<String>,
    limit: Option<i32>,
    marker: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListAliasesOutput {
    aliases: Vec<AliasListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AliasListEntry {
    alias_name: String,
    alias_arn: String,
    target_key_id: String,
    creation_date: Timestamp,
    last_updated_date: Timestamp,
}

impl Operation for ListAliases {
    const NAME: &'static str = "ListAliases";
    type Service = Kms;
    type Output = ListAliasesOutput;

    fn constraints(&self, check: &mut Constraints) {
        check.member("keyId", &self.key_id).length(1..=2048);
        shapes::page(check, &self.limit, &self.marker);
    }

    async fn run(self, kms: &Arc<Kms>, call: &Call) -> Result<ListAliasesOutput, ServiceError> {
        let key = self.key_id.as_ref().map(|key_id| kms.find_by_id(call, key_id)).transpose()?;
        // The last alias of a page; it may have been deleted meanwhile.
        if let Some(marker) = self.marker.as_ref().filter(|marker| !marker.starts_with("alias/")) {
            return Err(errors::marker_invalid(marker));
        }
        let count = shapes::page_count(self.limit, limits::LIST_ALIASES_COUNT);
        let wanted = if key.is_some() { limits::ALIASES_COUNT_MAX } else { count + 1 };
        let found = kms.keys.aliases(scope(call), self.marker.as_deref(), wanted);
        let mut aliases = found.map_err(|error| errors::refused(error, "", call))?;
        aliases.retain(|alias| key.as_ref().is_none_or(|key| alias.key_id == key.id));
        let truncated = aliases.len() > count;
        aliases.truncate(count);
        let next_marker = aliases.last().filter(|_| truncated).map(|alias| alias.name.clone());
        let aliases = aliases.into_iter().map(|alias| entry(alias, call)).collect();
        Ok(ListAliasesOutput { aliases, next_marker, truncated })
    }
}

fn entry(alias: Alias, call: &Call) -> AliasListEntry {
    let created = Timestamp::from_ms(alias.created_ms);
    AliasListEntry {
        alias_arn: call.arn("kms", &alias.name),
        alias_name: alias.name,
        target_key_id: alias.key_id,
        creation_date: created,
        last_updated_date: created,
    }
}
