//! Reading objects that are kept outside.

use futures::TryStreamExt;
use object_store::{Attribute, GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt};
use s3s::dto::{self, ETagCondition, Timestamp};
use s3s::{S3Result, StdError};

use super::{Outside, errors};
use crate::condition::Reading;
use crate::object::Description;
use crate::{errors as refusals, outgoing, time};

/// What is known about an outside object, and its bytes.
pub(super) struct Read {
    pub(super) etag: dto::ETag,
    pub(super) modified: Timestamp,
    pub(super) size: u64,
    /// Which of its bytes these are.
    pub(super) range: std::ops::Range<u64>,
    pub(super) description: Description,
    body: Option<dto::StreamingBlob>,
}

impl Read {
    pub(super) fn len(&self) -> Option<i64> {
        i64::try_from(self.range.end - self.range.start).ok()
    }

    pub(super) fn content_range(&self, was_asked: bool) -> Option<String> {
        was_asked.then(|| format!("bytes {}-{}/{}", self.range.start, self.range.end.saturating_sub(1), self.size))
    }

    pub(super) fn take_body(&mut self) -> Option<dto::StreamingBlob> {
        self.body.take()
    }
}

impl Outside {
    /// An object, or with `head` only what is known about it.
    pub(super) async fn read(
        &self,
        key: &str,
        range: Option<dto::Range>,
        reading: Reading,
        head: bool,
    ) -> S3Result<Read> {
        let path = self.path(key)?;
        let range = match range {
            Some(range) => Some(self.satisfiable(key, range).await?),
            None => None,
        };
        let instant = |at: Option<Timestamp>| at.and_then(|at| chrono_of(&at));
        let options = GetOptions {
            if_match: reading.if_match.as_ref().map(condition),
            if_none_match: reading.if_none_match.as_ref().map(condition),
            if_modified_since: instant(reading.if_modified_since),
            if_unmodified_since: instant(reading.if_unmodified_since),
            range,
            head,
            ..GetOptions::default()
        };
        let found = self.client.get_opts(&path, options).await.map_err(|error| errors::outside(&error, key))?;
        Ok(read_of(found, head))
    }

    /// The range within the object's size, which must be asked for first: stores differ in what they make of others.
    async fn satisfiable(&self, key: &str, range: dto::Range) -> S3Result<GetRange> {
        let meta = self.client.head(&self.path(key)?).await.map_err(|error| errors::outside(&error, key))?;
        let bounds =
            range.check(meta.size).map_err(|_| refusals::range_invalid(&range.to_header_string(), meta.size))?;
        Ok(GetRange::Bounded(bounds))
    }
}

fn read_of(found: GetResult, head: bool) -> Read {
    let GetResult { meta, range, attributes, .. } = &found;
    let text = |attribute: Attribute| attributes.get(&attribute).map(|value| value.as_ref().to_owned());
    let metadata = attributes.iter().filter_map(|(attribute, value)| match attribute {
        Attribute::Metadata(name) => Some((name.to_string(), value.as_ref().to_owned())),
        _ => None,
    });
    let description = Description {
        content_type: text(Attribute::ContentType),
        cache_control: text(Attribute::CacheControl),
        content_disposition: text(Attribute::ContentDisposition),
        content_encoding: text(Attribute::ContentEncoding),
        content_language: text(Attribute::ContentLanguage),
        metadata: metadata.collect(),
        ..Description::default()
    };
    let etag = meta.e_tag.as_deref().unwrap_or_default().trim_matches('"').to_owned();
    let modified = time::shown(u64::try_from(meta.last_modified.timestamp_millis()).unwrap_or_default());
    let (size, range) = (meta.size, range.clone());
    let len = range.end - range.start;
    let body = (!head).then(|| {
        let bytes = found.into_stream().map_err(|error| Box::new(error) as StdError);
        outgoing::body(bytes, len)
    });
    Read { etag: dto::ETag::Strong(etag), modified, size, range, description, body }
}

fn condition(condition: &ETagCondition) -> String {
    condition.as_etag().map_or_else(|| "*".to_owned(), |etag| format!("\"{}\"", etag.value()))
}

fn chrono_of(at: &Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    let mut text = Vec::new();
    at.format(dto::TimestampFormat::DateTime, &mut text).ok()?;
    chrono::DateTime::parse_from_rfc3339(std::str::from_utf8(&text).ok()?).ok().map(|at| at.to_utc())
}
