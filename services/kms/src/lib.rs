//! AWS Key Management Service over the local key store (`crates/keys`).
//!
//! Symmetric keys only: what server-side encryption needs. Differs from AWS: no key policies, grants, tags, rotation,
//! asymmetric or HMAC keys, custom key stores, multi-Region keys; all of these are refused with a clear error.

mod errors;
mod limits;
mod operations;
mod shapes;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws::{Arn, Call, Face, Protocol, ServiceError};
use host::Host;
use keys::{Key, Keys, Scope};

/// The service.
pub struct Kms {
    host: Host,
    keys: Keys,
}

/// The service over a key store, as the gateway sees it.
pub fn face(host: &Host, keys: &Keys) -> Face {
    let protocol = Protocol {
        signing_name: "kms",
        target_prefix: Some("TrentService"),
        query_version: None,
        query_namespace: None,
        not_implemented: operations::NOT_IMPLEMENTED,
    };
    let kms = Kms { host: host.clone(), keys: keys.clone() };
    Face::new(Arc::new(kms), protocol, operations::table())
}

/// The caller's keys.
fn scope(call: &Call) -> Scope<'_> {
    Scope { account: &call.account, region: &call.region }
}

/// The ARN of a key.
fn key_arn(call: &Call, id: &str) -> String {
    call.arn("kms", &format!("key/{id}"))
}

/// What a `KeyId` names within the caller's account and region: `ID`, `key/ID` or `alias/NAME`.
fn key_name<'n>(call: &Call, name: &'n str) -> Result<&'n str, ServiceError> {
    if !name.starts_with("arn:") {
        // Only ARNs spell it out.
        return if name.starts_with("key/") { Err(errors::key_id_invalid(name)) } else { Ok(name) };
    }
    let arn = Arn::parse(name).filter(|arn| arn.service == "kms").ok_or_else(|| errors::arn_invalid(name))?;
    if arn.region != call.region {
        return Err(errors::region_invalid(arn.region));
    }
    if arn.account != call.account {
        return Err(errors::key_not_found(name));
    }
    let known = arn.resource.starts_with("key/") || arn.resource.starts_with("alias/");
    if known { Ok(arn.resource) } else { Err(errors::arn_invalid(name)) }
}

impl Kms {
    /// The key named by id, ARN, alias or the alias' ARN.
    async fn find(&self, call: &Call, key_id: &str) -> Result<Key, ServiceError> {
        let name = key_name(call, key_id)?;
        let found = self.keys.resolve(scope(call), name).await;
        found.map_err(|error| errors::not_resolved(error, name, call))
    }

    /// The key named by id or ARN, where AWS takes no alias.
    fn find_by_id(&self, call: &Call, key_id: &str) -> Result<Key, ServiceError> {
        let name = key_name(call, key_id)?;
        if name.starts_with("alias/") {
            return Err(errors::key_id_invalid(key_id));
        }
        let id = name.strip_prefix("key/").unwrap_or(name);
        let found = self.keys.describe(scope(call), id);
        found.map_err(|error| errors::not_resolved(error, id, call))
    }
}
