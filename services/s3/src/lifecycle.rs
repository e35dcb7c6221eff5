//! The noun rule: when a lifecycle configuration lets go of what.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html>

mod reading;
mod sweep;

use s3s::S3Result;
use serde::{Deserialize, Serialize};

pub(crate) use self::reading::{name, not_set, of_wire, to_wire};
pub(crate) use self::sweep::Sweeps;
use crate::bucket::Bucket;
use crate::object::Object;
use crate::rows;
use crate::tags::Tag;

/// Under this name a bucket's row keeps its rules.
pub(crate) const SETTING: &str = "lifecycle";
/// Rules of one bucket.
pub(crate) const RULE_COUNT_MAX: usize = 1000;

const DAY_MS: u64 = 86_400_000;

/// A rule as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) is_enabled: bool,
    pub(crate) filter: Filter,
    pub(crate) expiration: Option<Expiration>,
    pub(crate) noncurrent: Option<Noncurrent>,
    pub(crate) abort_days: Option<u64>,
}

/// What a rule is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    /// How it was written, so that it is read back alike.
    pub(crate) form: Form,
    pub(crate) prefix: Option<String>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) larger_than: Option<u64>,
    pub(crate) smaller_than: Option<u64>,
}

/// Where a rule's conditions stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    /// A `Prefix` beside the actions, as of old.
    Plain,
    /// At most one condition in `Filter`.
    #[default]
    One,
    /// Several in `Filter/And`.
    And,
}

/// When current versions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Expiration {
    Days(u64),
    /// Midnight, in milliseconds since 1970.
    Date(u64),
    /// Delete markers behind which nothing is left.
    Markers(bool),
}

/// When versions go that are not current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noncurrent {
    pub(crate) days: u64,
    /// How many of the latest stay anyway.
    pub(crate) kept: Option<usize>,
}

impl Filter {
    /// Whether a rule is for this object at this key.
    pub(crate) fn matches(&self, key: &str, object: &Object) -> bool {
        self.matches_key(key)
            && self.tags.iter().all(|tag| object.tags.contains(tag))
            && self.larger_than.is_none_or(|bytes| object.size > bytes)
            && self.smaller_than.is_none_or(|bytes| object.size < bytes)
    }

    /// Whether a rule is for something at this key that has neither tags nor a size.
    pub(crate) fn matches_bare(&self, key: &str) -> bool {
        self.matches_key(key) && self.tags.is_empty() && self.larger_than.is_none() && self.smaller_than.is_none()
    }

    fn matches_key(&self, key: &str) -> bool {
        self.prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix.as_str()))
    }
}

impl Rule {
    /// Whether a current object of this age goes.
    pub(crate) fn expires(&self, key: &str, object: &Object, modified_ms: u64, now_ms: u64) -> bool {
        let is_due = match self.expiration {
            Some(Expiration::Days(days)) => is_due(modified_ms, days, now_ms),
            Some(Expiration::Date(at_ms)) => at_ms <= now_ms,
            Some(Expiration::Markers(_)) | None => false,
        };
        self.is_enabled && is_due && self.filter.matches(key, object)
    }

    /// The midnight at which a current object goes.
    fn expires_at_ms(&self, key: &str, object: &Object, modified_ms: u64) -> Option<u64> {
        let at_ms = match self.expiration? {
            Expiration::Days(days) => due_ms(modified_ms, days)?,
            Expiration::Date(at_ms) => at_ms,
            Expiration::Markers(_) => return None,
        };
        (self.is_enabled && self.filter.matches(key, object)).then_some(at_ms)
    }

    /// Whether a delete marker goes behind which nothing is left.
    pub(crate) fn expires_marker(&self, key: &str, modified_ms: u64, now_ms: u64) -> bool {
        let is_due = match self.expiration {
            Some(Expiration::Markers(is_wanted)) => is_wanted,
            Some(Expiration::Days(days)) => is_due(modified_ms, days, now_ms),
            Some(Expiration::Date(_)) | None => false,
        };
        self.is_enabled && is_due && self.filter.matches_bare(key)
    }

    /// Whether an old version goes, or an old delete marker; `rank` later ones are not current either.
    pub(crate) fn expires_old(
        &self,
        key: &str,
        object: Option<&Object>,
        rank: usize,
        replaced_ms: u64,
        now_ms: u64,
    ) -> bool {
        let Some(noncurrent) = self.noncurrent.filter(|_| self.is_enabled) else { return false };
        let fits = object.map_or_else(|| self.filter.matches_bare(key), |object| self.filter.matches(key, object));
        fits && noncurrent.kept.is_none_or(|kept| rank >= kept) && is_due(replaced_ms, noncurrent.days, now_ms)
    }

    /// Whether an unfinished upload goes.
    pub(crate) fn aborts(&self, key: &str, initiated_ms: u64, now_ms: u64) -> bool {
        let is_due = self.abort_days.is_some_and(|days| is_due(initiated_ms, days, now_ms));
        self.is_enabled && is_due && self.filter.matches_bare(key)
    }
}

/// The rules of a bucket.
pub(crate) fn of_bucket(bucket: &Bucket) -> S3Result<Option<Vec<Rule>>> {
    bucket.settings.get(SETTING).map(|text| rows::read(rows::BUCKETS, text.as_bytes())).transpose()
}

/// Rules as a bucket's row keeps them.
pub(crate) fn stored(rules: &[Rule]) -> String {
    serde_json::to_string(rules).expect("rules are plain values with text keys")
}

/// When a bucket's rules let go of a current object, and which does, as `x-amz-expiration` tells it.
pub(crate) fn announced(bucket: &Bucket, key: &str, object: &Object, modified_ms: u64) -> S3Result<Option<String>> {
    let rules = of_bucket(bucket)?.unwrap_or_default();
    let due = rules.iter().filter_map(|rule| Some((rule.expires_at_ms(key, object, modified_ms)?, rule)));
    let Some((at_ms, rule)) = due.min_by_key(|(at_ms, _)| *at_ms) else { return Ok(None) };
    let at = i64::try_from(at_ms).ok().and_then(chrono::DateTime::from_timestamp_millis);
    let id = percent_encoding::utf8_percent_encode(&rule.id, percent_encoding::NON_ALPHANUMERIC);
    Ok(at.map(|at| format!("expiry-date=\"{}\", rule-id=\"{id}\"", at.format("%a, %d %b %Y %H:%M:%S GMT"))))
}

/// Days count from an instant to the midnight, in UTC, after their end.
fn is_due(since_ms: u64, days: u64, now_ms: u64) -> bool {
    due_ms(since_ms, days).is_some_and(|due_ms| due_ms <= now_ms)
}

fn due_ms(since_ms: u64, days: u64) -> Option<u64> {
    let end_ms = days.checked_mul(DAY_MS)?.checked_add(since_ms)?.checked_add(DAY_MS - 1)?;
    Some(end_ms / DAY_MS * DAY_MS)
}

/// How long it is until the next midnight, in UTC.
pub(crate) fn until_midnight_ms(now_ms: u64) -> u64 {
    DAY_MS - now_ms % DAY_MS
}

#[cfg(test)]
mod tests;
