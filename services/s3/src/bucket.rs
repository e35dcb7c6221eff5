//! The noun bucket: its row, its name's rules, where it may be.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::S3Result;
use serde::{Deserialize, Serialize};
use store::Changes;

use crate::S3;
use crate::call::Call;
use crate::{errors, rows};

/// Endings and beginnings that AWS keeps for itself.
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// The region whose buckets may be created twice, and which needs no location constraint.
const LEGACY_REGION: &str = "us-east-1";

/// Whether keys keep their old versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Versioning {
    /// Never asked for: every write replaces what was there.
    #[default]
    Unversioned,
    /// Every write adds a version.
    Enabled,
    /// Every write replaces the null version and leaves the others.
    Suspended,
}

/// A bucket as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// The account that created it.
    pub(crate) owner: String,
    pub(crate) region: String,
    pub(crate) created_ms: u64,
    #[serde(default)]
    pub(crate) versioning: Versioning,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<crate::tags::Tag>,
    /// Further settings, by the name of their subresource; each is read by whoever carries it out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) settings: BTreeMap<String, String>,
}

/// A bucket together with its row's bytes, which transactions expect to find unchanged.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) bucket: Bucket,
    pub(crate) row: Vec<u8>,
}

impl std::ops::Deref for Found {
    type Target = Bucket;

    fn deref(&self) -> &Bucket {
        &self.bucket
    }
}

/// Whether AWS takes the name for a new bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(crate) fn is_name(name: &str) -> bool {
    s3s::path::check_bucket_name(name)
        && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// Where a bucket is created that was asked for at the endpoint of `endpoint`.
pub(crate) fn location(endpoint: &str, constraint: Option<&str>) -> S3Result<String> {
    let constraint = constraint.filter(|constraint| !constraint.is_empty());
    let legacy = endpoint == LEGACY_REGION;
    match constraint {
        None if legacy => Ok(endpoint.to_owned()),
        None => Err(errors::location_illegal(None)),
        Some(LEGACY_REGION) if legacy => Err(errors::location_invalid(LEGACY_REGION)),
        Some("EU") if legacy || endpoint == "eu-west-1" => Ok("eu-west-1".to_owned()),
        Some(constraint) if !is_region(constraint) => Err(errors::location_invalid(constraint)),
        Some(constraint) if legacy || constraint == endpoint => Ok(constraint.to_owned()),
        Some(constraint) => Err(errors::location_illegal(Some(constraint))),
    }
}

fn is_region(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 32 && name.contains('-') && name.bytes().all(plain)
}

/// Whether creating a bucket again, which one owns, is answered as if nothing had happened.
pub(crate) fn may_be_created_again(bucket: &Bucket, endpoint: &str) -> bool {
    bucket.region == LEGACY_REGION && endpoint == LEGACY_REGION
}

impl S3 {
    /// The bucket of that name, whoever owns it.
    pub(crate) fn find_bucket(&self, name: &str) -> S3Result<Option<Found>> {
        let row = self.store.get(rows::BUCKETS, name.as_bytes()).map_err(|error| errors::store(&error))?;
        row.map(|row| Ok(Found { bucket: rows::read(rows::BUCKETS, &row)?, row })).transpose()
    }

    /// The caller's bucket of that name; `owner` is whom the caller expects to own it.
    pub(crate) fn bucket(&self, call: &Call, name: &str, owner: Option<&str>) -> S3Result<Found> {
        let found = self.find_bucket(name)?.ok_or_else(|| errors::no_such_bucket(name))?;
        let expected = owner.is_none_or(|owner| owner == found.owner);
        if found.owner == call.account && expected { Ok(found) } else { Err(errors::access_denied()) }
    }

    /// Changes a bucket's settings.
    pub(crate) async fn change_bucket(
        self: &Arc<Self>,
        call: &Call,
        name: &str,
        owner: Option<String>,
        change: impl Fn(&mut Bucket) -> S3Result<()> + Send + Sync + 'static,
    ) -> S3Result<()> {
        self.bucket(call, name, owner.as_deref())?;
        let (s3, call, name) = (Arc::clone(self), call.clone(), name.to_owned());
        self.run_to_end(async move {
            let _alone = s3.locks.whole_bucket(&name).await;
            s3.commit(|s3| {
                let found = s3.bucket(&call, &name, owner.as_deref())?;
                let mut bucket = found.bucket.clone();
                change(&mut bucket)?;
                let changes = Changes::new().expect(rows::BUCKETS, name.as_bytes(), Some(found.row));
                Ok((changes.put(rows::BUCKETS, name.as_bytes(), rows::write(&bucket)), ()))
            })
            .await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for good in ["abc", "my-bucket.data", "0ab", "a1b2"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["ab", "A-bucket", "-ab", "a..b", "192.168.5.4", "xn--abc", "sthree-abc", "abc-s3alias", "abc--x-s3"]
        {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn buckets_are_created_where_the_endpoint_and_the_constraint_agree() {
        let check = |endpoint: &str, constraint: Option<&str>, expected: Result<&str, &str>| {
            let found = location(endpoint, constraint).map_err(|error| error.code().as_str().to_owned());
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{endpoint} {constraint:?}");
        };
        check("us-east-1", None, Ok("us-east-1"));
        check("us-east-1", Some("eu-west-1"), Ok("eu-west-1"));
        check("us-east-1", Some("us-east-1"), Err("InvalidLocationConstraint"));
        check("us-east-1", Some("Nowhere"), Err("InvalidLocationConstraint"));
        check("eu-west-1", Some("eu-west-1"), Ok("eu-west-1"));
        check("eu-west-1", Some("EU"), Ok("eu-west-1"));
        check("eu-west-1", None, Err("IllegalLocationConstraintException"));
        check("eu-west-1", Some("us-west-2"), Err("IllegalLocationConstraintException"));
    }
}
