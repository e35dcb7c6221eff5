//! Listing objects that are kept outside: page by page, as the outside store gives them.

use object_store::ObjectMeta;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use s3s::S3Result;
use s3s::dto;

use super::{Outside, errors};
use crate::listing::Spelling;
use crate::time;

/// Behind every key that begins with what stands before it.
const LAST: char = '\u{10ffff}';

/// Which keys are wanted.
pub(super) struct Query<'q> {
    pub(super) prefix: &'q str,
    pub(super) delimiter: Option<&'q str>,
    /// Only what comes after this key or common prefix.
    pub(super) after: Option<&'q str>,
    /// Where the outside store said that it goes on.
    pub(super) token: Option<String>,
    pub(super) limit: usize,
}

/// A page of keys.
#[derive(Default)]
pub(super) struct Page {
    pub(super) objects: Vec<(String, ObjectMeta)>,
    pub(super) prefixes: Vec<String>,
    pub(super) token: Option<String>,
}

impl Page {
    /// The last line in the order of keys.
    pub(super) fn last(&self) -> Option<&str> {
        let key = self.objects.last().map(|(key, _)| key.as_str());
        key.max(self.prefixes.last().map(String::as_str))
    }

    pub(super) fn count(&self) -> Option<i32> {
        i32::try_from(self.objects.len() + self.prefixes.len()).ok()
    }

    pub(super) fn lines(&self, spelling: &Spelling) -> Vec<dto::Object> {
        let line = |(key, meta): &(String, ObjectMeta)| dto::Object {
            key: Some(spelling.spell(key)),
            e_tag: meta.e_tag.as_deref().map(|etag| dto::ETag::Strong(etag.trim_matches('"').to_owned())),
            last_modified: Some(time::shown(u64::try_from(meta.last_modified.timestamp_millis()).unwrap_or_default())),
            size: i64::try_from(meta.size).ok(),
            storage_class: Some(dto::ObjectStorageClass::from_static(dto::ObjectStorageClass::STANDARD)),
            ..dto::Object::default()
        };
        self.objects.iter().map(line).collect()
    }
}

impl Outside {
    pub(super) async fn list(&self, query: Query<'_>) -> S3Result<Page> {
        if query.limit == 0 {
            return Ok(Page::default());
        }
        if query.delimiter.is_some_and(|delimiter| delimiter != "/") {
            return Err(errors::not_possible("A delimiter other than '/'"));
        }
        let after = query.after.map(|after| {
            // What is grouped under the last common prefix is behind it.
            let is_group = query.delimiter.is_some_and(|delimiter| after.ends_with(delimiter));
            let end = if is_group { LAST.to_string() } else { String::new() };
            format!("{}{after}{end}", self.prefix)
        });
        let options = PaginatedListOptions {
            offset: after,
            delimiter: query.delimiter.map(|delimiter| delimiter.to_owned().into()),
            max_keys: Some(query.limit),
            page_token: query.token,
            ..PaginatedListOptions::default()
        };
        let prefix = format!("{}{}", self.prefix, query.prefix);
        let prefix = (!prefix.is_empty()).then_some(prefix.as_str());
        let found = self.client.list_paginated(prefix, options).await;
        let found = found.map_err(|error| errors::outside(&error, ""))?;
        let objects = found.result.objects.into_iter().map(|meta| (self.key(&meta.location), meta));
        let prefixes = found.result.common_prefixes.iter().map(|path| format!("{}/", self.key(path)));
        Ok(Page { objects: objects.collect(), prefixes: prefixes.collect(), token: found.page_token })
    }
}
