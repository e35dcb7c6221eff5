//! The noun history: all versions of all keys, newest first within a key, page by page.

use std::ops::Bound;

use s3s::S3Result;

use crate::listing::{self, Walk};
use crate::version::{Entry, NULL, Version};
use crate::{S3, errors, rows, stamp};

/// Old versions that are read at once.
const BATCH: usize = 256;

/// Which versions are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) key_marker: Option<String>,
    /// Only older versions of the key marker, and what comes after it.
    pub(crate) version_marker: Option<String>,
    pub(crate) limit: usize,
}

/// A page of versions.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) lines: Vec<Line>,
    /// The key, and the version unless it is a common prefix, that the next page comes after.
    pub(crate) next: Option<(String, Option<String>)>,
}

/// A line of a page.
#[derive(Debug)]
pub(crate) enum Line {
    Version { key: String, version: Box<Version>, is_latest: bool },
    Prefix(String),
}

impl Page {
    /// Takes a line, or notes that there is no room for it.
    fn push(&mut self, line: Line, limit: usize) -> bool {
        if self.lines.len() == limit {
            self.next = self.lines.last().map(|line| match line {
                Line::Version { key, version, .. } => (key.clone(), Some(version.shown_id())),
                Line::Prefix(prefix) => (prefix.clone(), None),
            });
            return false;
        }
        self.lines.push(line);
        true
    }
}

impl S3 {
    /// A page of versions.
    pub(crate) fn history(&self, query: &Query) -> S3Result<Page> {
        let mut page = Page::default();
        if query.limit == 0 {
            return Ok(page);
        }
        let resumed = match (&query.key_marker, &query.version_marker) {
            (Some(key), Some(id)) => Some((key.as_str(), id.as_str())),
            (None, Some(id)) => {
                let sentence = "A version-id marker cannot be specified without a key marker.";
                return Err(errors::argument(sentence, "version-id-marker", id));
            }
            _ => None,
        };
        if let Some((key, id)) = resumed
            && key.starts_with(&query.prefix)
            && !self.resume(query, key, id, &mut page)?
        {
            return Ok(page);
        }
        let after = listing::Query {
            bucket: query.bucket.clone(),
            prefix: query.prefix.clone(),
            delimiter: query.delimiter.clone(),
            after: query.key_marker.clone(),
            limit: query.limit,
        };
        let from = listing::begin(&after);
        let mut walk = Walk::new(rows::OBJECTS, &query.bucket, &query.prefix, query.delimiter.as_deref(), from);
        while let Some((key, row)) = walk.next(self)? {
            let key = listing::text(key)?;
            if let Some(group) = walk.group(&key).map(str::to_owned) {
                walk.skip(&query.bucket, &group);
                if !page.push(Line::Prefix(group), query.limit) {
                    break;
                }
                continue;
            }
            let entry: Entry = rows::read(rows::OBJECTS, &row)?;
            let latest = Line::Version { key: key.clone(), version: Box::new(entry.current), is_latest: true };
            if !page.push(latest, query.limit) || !self.older(query, &key, None, &mut page)? {
                break;
            }
        }
        Ok(page)
    }

    /// The versions of the key marker that are older than the version marker; whether there was room for all.
    fn resume(&self, query: &Query, key: &str, id: &str, page: &mut Page) -> S3Result<bool> {
        let Some(found) = self.entry(&query.bucket, key)? else { return Ok(true) };
        let current = &found.entry.current;
        let before = match (current.shown_id() == id, id) {
            (true, _) => None,
            (false, NULL) => found.entry.null_stamp,
            (false, id) => {
                let refused = || errors::argument("Invalid version id specified", "version-id-marker", id);
                Some(stamp::of_id(id).ok_or_else(refused)?)
            }
        };
        self.older(query, key, before, page)
    }

    /// Adds old versions of a key; whether there was room for all.
    fn older(&self, query: &Query, key: &str, before: Option<u64>, page: &mut Page) -> S3Result<bool> {
        let mut before = before;
        loop {
            let versions = self.old_versions(&query.bucket, key, before, BATCH)?;
            let is_last = versions.len() < BATCH;
            for version in versions {
                before = Some(version.stamp);
                let line = Line::Version { key: key.to_owned(), version: Box::new(version), is_latest: false };
                if !page.push(line, query.limit) {
                    return Ok(false);
                }
            }
            if is_last {
                return Ok(true);
            }
        }
    }
}

/// All rows of a bucket in a table, for what must see them all.
pub(crate) fn whole(bucket: &str) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let first = rows::in_bucket(bucket, "");
    let end = rows::after_prefix(&first).map_or(Bound::Unbounded, Bound::Excluded);
    (Bound::Included(first), end)
}
