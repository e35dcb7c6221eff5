//! Lifecycle configurations as they are sent and shown.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use s3s::dto::{self, ExpirationStatus};
use s3s::{S3ErrorCode, S3Result};

use super::{DAY_MS, Expiration, Filter, Form, Noncurrent, RULE_COUNT_MAX, Rule};
use crate::tags::{self, Tag};
use crate::{errors, stamp};

/// The longest name of a rule.
const ID_CHARS_MAX: usize = 255;
/// How many versions that are not current a rule may keep.
const KEPT_MAX: i32 = 100;
/// The most a rule can wait: AWS takes 32 bits; this keeps instants within the calendar.
const DAYS_MAX: i32 = i32::MAX;

/// The rules of a configuration, or why they cannot be carried out. `name` makes names for rules that have none.
pub(crate) fn of_wire(
    configuration: dto::BucketLifecycleConfiguration,
    name: impl Fn() -> String,
) -> S3Result<Vec<Rule>> {
    let rules = configuration.rules;
    if rules.is_empty() || rules.len() > RULE_COUNT_MAX {
        return Err(errors::malformed_xml());
    }
    let mut ids = BTreeSet::new();
    rules
        .into_iter()
        .map(|rule| {
            let rule = rule_of(rule, &name)?;
            if !ids.insert(rule.id.clone()) {
                let sentence = "Rule ID must be unique. Found same ID for more than one rule";
                return Err(errors::argument(sentence, "ID", &rule.id));
            }
            Ok(rule)
        })
        .collect()
}

fn rule_of(rule: dto::LifecycleRule, name: impl Fn() -> String) -> S3Result<Rule> {
    if rule.transitions.is_some_and(|all| !all.is_empty())
        || rule.noncurrent_version_transitions.is_some_and(|all| !all.is_empty())
    {
        return Err(errors::not_implemented("A lifecycle transition to another storage class"));
    }
    let is_enabled = match rule.status.as_str() {
        ExpirationStatus::ENABLED => true,
        ExpirationStatus::DISABLED => false,
        _ => return Err(errors::malformed_xml()),
    };
    let id = rule.id.filter(|id| !id.is_empty()).unwrap_or_else(name);
    if id.chars().count() > ID_CHARS_MAX {
        return Err(errors::argument("ID length should not exceed allowed limit of 255", "ID", &id));
    }
    let filter = filter_of(rule.filter, rule.prefix)?;
    let expiration = rule.expiration.map(expiration_of).transpose()?;
    let noncurrent = rule.noncurrent_version_expiration.map(noncurrent_of).transpose()?;
    let abort = rule.abort_incomplete_multipart_upload.map(|abort| {
        days(
            abort.days_after_initiation.unwrap_or(0),
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action",
        )
    });
    let abort_days = abort.transpose()?;
    if expiration.is_none() && noncurrent.is_none() && abort_days.is_none() {
        return Err(errors::invalid_request("At least one action needs to be specified in a rule"));
    }
    let is_for_markers = matches!(expiration, Some(Expiration::Markers(_)));
    for (is_present, action) in
        [(abort_days.is_some(), "AbortIncompleteMultipartUpload"), (is_for_markers, "ExpiredObjectDeleteMarker")]
    {
        if is_present && !filter.tags.is_empty() {
            return Err(errors::invalid_request(format!("{action} cannot be specified with Tags.")));
        }
        if is_present && (filter.larger_than.is_some() || filter.smaller_than.is_some()) {
            return Err(errors::invalid_request(format!("{action} cannot be specified with object size.")));
        }
    }
    Ok(Rule { id, is_enabled, filter, expiration, noncurrent, abort_days })
}

fn filter_of(filter: Option<dto::LifecycleRuleFilter>, prefix: Option<String>) -> S3Result<Filter> {
    let filter = match (filter, prefix) {
        (Some(filter), None) => filter,
        (None, Some(prefix)) => return Ok(Filter { form: Form::Plain, prefix: Some(prefix), ..Filter::default() }),
        (Some(_), Some(_)) | (None, None) => return Err(errors::malformed_xml()),
    };
    let dto::LifecycleRuleFilter { and, object_size_greater_than: larger, object_size_less_than: smaller, prefix, tag } =
        filter;
    let alone = [larger.is_some(), smaller.is_some(), prefix.is_some(), tag.is_some()].iter().filter(|is| **is).count();
    if alone + usize::from(and.is_some()) > 1 {
        return Err(errors::malformed_xml());
    }
    let (form, prefix, tags, larger, smaller) = match and {
        None => (Form::One, prefix, tag.into_iter().collect(), larger, smaller),
        Some(and) => {
            let tags = and.tags.unwrap_or_default();
            (Form::And, and.prefix, tags, and.object_size_greater_than, and.object_size_less_than)
        }
    };
    let tags = tags::of_set(dto::Tagging { tag_set: tags }, usize::MAX, "")?;
    let size = |bytes: Option<i64>, field: &str| {
        let refused = || errors::argument(format!("'{field}' must be a non-negative integer"), "Filter", field);
        bytes.map(|bytes| u64::try_from(bytes).map_err(|_| refused())).transpose()
    };
    let larger_than = size(larger, "ObjectSizeGreaterThan")?;
    let smaller_than = size(smaller, "ObjectSizeLessThan")?;
    if let (Some(larger), Some(smaller)) = (larger_than, smaller_than)
        && larger >= smaller
    {
        return Err(errors::invalid_request(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        ));
    }
    Ok(Filter { form, prefix, tags, larger_than, smaller_than })
}

fn expiration_of(expiration: dto::LifecycleExpiration) -> S3Result<Expiration> {
    match (expiration.days, expiration.date, expiration.expired_object_delete_marker) {
        (Some(count), None, None) => Ok(Expiration::Days(days(count, "'Days' for Expiration action")?)),
        (None, Some(date), None) => {
            let at_ms = instant_ms(&date).filter(|at_ms| at_ms.is_multiple_of(DAY_MS));
            at_ms.map(Expiration::Date).ok_or_else(|| errors::argument("'Date' must be at midnight GMT", "Date", ""))
        }
        (None, None, Some(is_wanted)) => Ok(Expiration::Markers(is_wanted)),
        _ => Err(errors::malformed_xml()),
    }
}

fn noncurrent_of(expiration: dto::NoncurrentVersionExpiration) -> S3Result<Noncurrent> {
    let days =
        days(expiration.noncurrent_days.unwrap_or(0), "'NoncurrentDays' for NoncurrentVersionExpiration action")?;
    let kept = expiration.newer_noncurrent_versions.map(|count| {
        let refused = || {
            let sentence = "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100";
            errors::argument(sentence, "NewerNoncurrentVersions", &count.to_string())
        };
        if (1..=KEPT_MAX).contains(&count) { usize::try_from(count).map_err(|_| refused()) } else { Err(refused()) }
    });
    Ok(Noncurrent { days, kept: kept.transpose()? })
}

fn days(count: i32, what: &str) -> S3Result<u64> {
    let refused = || errors::argument(format!("{what} must be a positive integer"), "Days", &count.to_string());
    if (1..=DAYS_MAX).contains(&count) { u64::try_from(count).map_err(|_| refused()) } else { Err(refused()) }
}

fn instant_ms(date: &dto::Timestamp) -> Option<u64> {
    let mut text = Vec::new();
    date.format(dto::TimestampFormat::EpochSeconds, &mut text).ok()?;
    let seconds: f64 = String::from_utf8(text).ok()?.parse().ok()?;
    // Dates before 1970 are long over; fractions of a second are no midnight.
    (seconds >= 0.0).then_some((seconds * 1000.0) as u64)
}

/// A rule as it is shown.
pub(crate) fn to_wire(rule: &Rule) -> dto::LifecycleRule {
    let Filter { form, prefix, .. } = &rule.filter;
    let status = if rule.is_enabled { ExpirationStatus::ENABLED } else { ExpirationStatus::DISABLED };
    let count = |days: u64| i32::try_from(days).ok();
    dto::LifecycleRule {
        abort_incomplete_multipart_upload: rule
            .abort_days
            .map(|days| dto::AbortIncompleteMultipartUpload { days_after_initiation: count(days) }),
        expiration: rule.expiration.map(|expiration| match expiration {
            Expiration::Days(days) => dto::LifecycleExpiration { days: count(days), ..Default::default() },
            Expiration::Date(at_ms) => {
                let date = dto::Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_millis(at_ms));
                dto::LifecycleExpiration { date: Some(date), ..Default::default() }
            }
            Expiration::Markers(is_wanted) => {
                dto::LifecycleExpiration { expired_object_delete_marker: Some(is_wanted), ..Default::default() }
            }
        }),
        filter: (*form != Form::Plain).then(|| filter_to_wire(&rule.filter)),
        id: Some(rule.id.clone()),
        noncurrent_version_expiration: rule.noncurrent.map(|noncurrent| dto::NoncurrentVersionExpiration {
            newer_noncurrent_versions: noncurrent.kept.and_then(|kept| i32::try_from(kept).ok()),
            noncurrent_days: count(noncurrent.days),
        }),
        noncurrent_version_transitions: None,
        prefix: prefix.clone().filter(|_| *form == Form::Plain),
        status: ExpirationStatus::from_static(status),
        transitions: None,
    }
}

fn filter_to_wire(filter: &Filter) -> dto::LifecycleRuleFilter {
    let tag = |tag: &Tag| dto::Tag { key: Some(tag.key.clone()), value: Some(tag.value.clone()) };
    let bytes = |bytes: Option<u64>| bytes.and_then(|bytes| i64::try_from(bytes).ok());
    let (larger, smaller) = (bytes(filter.larger_than), bytes(filter.smaller_than));
    if filter.form == Form::And {
        let tags: Vec<dto::Tag> = filter.tags.iter().map(tag).collect();
        let and = dto::LifecycleRuleAndOperator {
            object_size_greater_than: larger,
            object_size_less_than: smaller,
            prefix: filter.prefix.clone(),
            tags: (!tags.is_empty()).then_some(tags),
        };
        return dto::LifecycleRuleFilter { and: Some(and), ..Default::default() };
    }
    let is_empty = filter.tags.is_empty() && larger.is_none() && smaller.is_none();
    dto::LifecycleRuleFilter {
        and: None,
        object_size_greater_than: larger,
        object_size_less_than: smaller,
        // An empty filter is shown as an empty prefix, which means the same.
        prefix: filter.prefix.clone().or_else(|| is_empty.then(String::new)),
        tag: filter.tags.first().map(tag),
    }
}

/// What a bucket without rules answers.
pub(crate) fn not_set(bucket: &str) -> s3s::S3Error {
    let sentence = "The lifecycle configuration does not exist";
    errors::not_set(S3ErrorCode::NoSuchLifecycleConfiguration, sentence, bucket)
}

/// A name for a rule that has none.
pub(crate) fn name(host: &host::Host) -> String {
    stamp::id(host, host.now_ms())
}
