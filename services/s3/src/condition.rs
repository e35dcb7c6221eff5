//! The noun condition: what a request wants to be true of an object before anything happens.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::S3Result;
use s3s::dto::{ETagCondition, Timestamp};

use crate::object::Object;
use crate::version::{Found, Version};
use crate::{errors, time};

/// Conditions of a read, or of the source of a copy.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

/// How a read turns out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Proceed,
    NotModified,
    Failed(&'static str),
}

impl Reading {
    /// An entity tag decides over a date: whoever's tag matches does not care when.
    fn verdict(&self, etag: &str, modified_ms: u64) -> Verdict {
        let modified = time::shown(modified_ms);
        if let Some(condition) = &self.if_match {
            if !matches(condition, etag) {
                return Verdict::Failed("If-Match");
            }
        } else if self.if_unmodified_since.as_ref().is_some_and(|since| modified > *since) {
            return Verdict::Failed("If-Unmodified-Since");
        }
        if let Some(condition) = &self.if_none_match {
            if matches(condition, etag) {
                return Verdict::NotModified;
            }
        } else if self.if_modified_since.as_ref().is_some_and(|since| modified <= *since) {
            return Verdict::NotModified;
        }
        Verdict::Proceed
    }

    /// Refuses a read whose conditions do not hold.
    pub(crate) fn check(&self, version: &Version, object: &Object) -> S3Result<()> {
        match self.verdict(&object.etag, version.modified_ms) {
            Verdict::Proceed => Ok(()),
            Verdict::NotModified => Err(errors::not_modified(validators(version, object))),
            Verdict::Failed(condition) => Err(errors::precondition_failed(condition)),
        }
    }

    /// Refuses a copy whose source is not as it should be; there is no `304` for copies.
    pub(crate) fn check_source(&self, version: &Version, object: &Object) -> S3Result<()> {
        match self.verdict(&object.etag, version.modified_ms) {
            Verdict::Proceed => Ok(()),
            Verdict::NotModified if self.if_none_match.is_some() => {
                Err(errors::precondition_failed("x-amz-copy-source-If-None-Match"))
            }
            Verdict::NotModified => Err(errors::precondition_failed("x-amz-copy-source-If-Modified-Since")),
            Verdict::Failed("If-Match") => Err(errors::precondition_failed("x-amz-copy-source-If-Match")),
            Verdict::Failed(_) => Err(errors::precondition_failed("x-amz-copy-source-If-Unmodified-Since")),
        }
    }
}

/// The headers of an answer without a body, by which caches go on.
fn validators(version: &Version, object: &Object) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    add("etag", format!("\"{}\"", object.etag));
    add("last-modified", time::http_date(version.modified_ms));
    if let Some(id) = &version.id {
        add("x-amz-version-id", id.clone());
    }
    headers
}

fn matches(condition: &ETagCondition, etag: &str) -> bool {
    condition.as_etag().is_none_or(|wanted| wanted.value() == etag)
}

/// Conditions of a write, decided in the transaction that writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Writing {
    if_match: Option<ETagCondition>,
    if_none_match: bool,
}

impl Writing {
    /// The conditions that AWS takes for writes.
    pub(crate) fn new(if_match: Option<ETagCondition>, if_none_match: Option<&ETagCondition>) -> S3Result<Self> {
        if if_none_match.is_some_and(|condition| !condition.is_any()) {
            return Err(errors::header_not_implemented("If-None-Match"));
        }
        if if_match.as_ref().is_some_and(ETagCondition::is_any) {
            return Err(errors::header_not_implemented("If-Match"));
        }
        if if_match.is_some() && if_none_match.is_some() {
            return Err(errors::header_not_implemented("If-Match,If-None-Match"));
        }
        Ok(Self { if_match, if_none_match: if_none_match.is_some() })
    }

    /// Refuses a write over what stands at the key now.
    pub(crate) fn check(&self, key: &str, before: Option<&Found>) -> S3Result<()> {
        let current = before.and_then(|found| found.entry.current.object.as_ref());
        match (&self.if_match, current) {
            (Some(_), None) => Err(errors::no_such_key(key)),
            (Some(condition), Some(object)) if !matches(condition, &object.etag) => {
                Err(errors::precondition_failed("If-Match"))
            }
            _ if self.if_none_match && current.is_some() => Err(errors::precondition_failed("If-None-Match")),
            _ => Ok(()),
        }
    }
}

/// Refuses a deletion of what is not there or not as it should be.
pub(crate) fn check_deletion(if_match: Option<&ETagCondition>, before: Option<&Found>) -> S3Result<()> {
    let current = before.and_then(|found| found.entry.current.object.as_ref());
    match (if_match, current) {
        (Some(condition), Some(object)) if matches(condition, &object.etag) => Ok(()),
        (Some(_), _) => Err(errors::precondition_failed("If-Match")),
        (None, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etag(value: &str) -> Option<ETagCondition> {
        Some(ETagCondition::parse_http_header(value.as_bytes()).expect("a condition"))
    }

    #[test]
    fn tags_decide_over_dates() {
        let (then, now, later) = (time::shown(1_000), time::shown(2_000), time::shown(3_000));
        let check = |reading: Reading, expected: Verdict| {
            assert_eq!(reading.verdict("aa", 2_500), expected, "{reading:?}");
        };
        check(Reading::default(), Verdict::Proceed);
        check(
            Reading { if_match: etag("\"aa\""), if_unmodified_since: Some(then.clone()), ..Reading::default() },
            Verdict::Proceed,
        );
        check(Reading { if_match: etag("\"bb\""), ..Reading::default() }, Verdict::Failed("If-Match"));
        check(
            Reading { if_unmodified_since: Some(then.clone()), ..Reading::default() },
            Verdict::Failed("If-Unmodified-Since"),
        );
        check(Reading { if_unmodified_since: Some(now.clone()), ..Reading::default() }, Verdict::Proceed);
        check(
            Reading { if_none_match: etag("aa"), if_modified_since: Some(then.clone()), ..Reading::default() },
            Verdict::NotModified,
        );
        check(
            Reading { if_none_match: etag("bb"), if_modified_since: Some(later), ..Reading::default() },
            Verdict::Proceed,
        );
        check(Reading { if_modified_since: Some(now), ..Reading::default() }, Verdict::NotModified);
        check(Reading { if_modified_since: Some(then), ..Reading::default() }, Verdict::Proceed);
        check(Reading { if_match: etag("*"), ..Reading::default() }, Verdict::Proceed);
    }
}
