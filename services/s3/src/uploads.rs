//! Listing uploads under way, and ending them.

use std::ops::Bound;
use std::sync::Arc;

use s3s::S3Result;
use store::Changes;

use crate::content::{Content, Manifest, Stretch};
use crate::listing::{self, Walk};
use crate::multipart::{self, Upload};
use crate::version::{Entry, Version};
use crate::{S3, errors, rows};

/// How many digits an upload's id has.
const ID_LEN: usize = 32;

/// Which uploads are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) key_marker: Option<String>,
    /// Only later uploads of the key marker, and what comes after it.
    pub(crate) upload_marker: Option<String>,
    pub(crate) limit: usize,
}

/// A page of uploads.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) lines: Vec<Line>,
    /// The key, and the upload unless it is a common prefix, that the next page comes after.
    pub(crate) next: Option<(String, Option<String>)>,
}

/// A line of a page.
#[derive(Debug)]
pub(crate) enum Line {
    Upload { key: String, upload: Box<Upload> },
    Prefix(String),
}

impl S3 {
    /// A page of uploads, in the order of keys and then of their beginning.
    pub(crate) fn uploads(&self, query: &Query) -> S3Result<Page> {
        let mut page = Page::default();
        if query.limit == 0 {
            return Ok(page);
        }
        let mut walk = Walk::new(rows::UPLOADS, &query.bucket, &query.prefix, query.delimiter.as_deref(), begin(query));
        while let Some((mut key, row)) = walk.next(self)? {
            key.truncate(key.len().saturating_sub(ID_LEN + 1));
            let key = listing::text(key)?;
            let line = match walk.group(&key).map(str::to_owned) {
                Some(group) => {
                    walk.skip(&query.bucket, &group);
                    Line::Prefix(group)
                }
                None => Line::Upload { key, upload: Box::new(rows::read(rows::UPLOADS, &row)?) },
            };
            if page.lines.len() == query.limit {
                page.next = page.lines.last().map(|line| match line {
                    Line::Upload { key, upload } => (key.clone(), Some(upload.id.clone())),
                    Line::Prefix(prefix) => (prefix.clone(), None),
                });
                break;
            }
            page.lines.push(line);
        }
        Ok(page)
    }

    /// Ends an upload that will not become an object.
    pub(crate) async fn abort_upload(self: &Arc<Self>, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        let (name, wanted, upload) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        self.change_upload(bucket, id, None, move |s3| {
            let found = s3.upload(&name, &wanted, &upload)?;
            let parts = s3.all_parts(&upload)?;
            let none = Manifest::default();
            Ok((s3.end_upload(Changes::new(), &name, &wanted, &found, &parts, &none), ()))
        })
        .await
    }

    /// All uploads of a bucket with their keys, for what goes through them in the background; `after` is the last one.
    pub(crate) fn uploads_after(&self, bucket: &str, after: Option<&[u8]>, limit: usize) -> S3Result<Vec<Under>> {
        let first = rows::in_bucket(bucket, "");
        let from = after.map_or(Bound::Included(first.as_slice()), Bound::Excluded);
        let end = rows::after_prefix(&first);
        let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.store.scan(rows::UPLOADS, from, end, limit).map_err(|error| errors::store(&error))?;
        let under = |(row_key, row): (Vec<u8>, Vec<u8>)| {
            let end = row_key.len().saturating_sub(ID_LEN + 1).max(first.len());
            let key = listing::text(row_key[first.len()..end].to_vec())?;
            Ok(Under { key, upload: rows::read(rows::UPLOADS, &row)?, row_key })
        };
        found.into_iter().map(under).collect()
    }
}

/// An upload under way, and its row's key.
#[derive(Debug)]
pub(crate) struct Under {
    pub(crate) key: String,
    pub(crate) upload: Upload,
    pub(crate) row_key: Vec<u8>,
}

/// Rows that are emptied at once.
const EMPTIED: usize = 256;

impl S3 {
    /// Takes everything away, a piece at a time.
    pub(crate) async fn empty(&self) -> Result<(), store::Error> {
        for table in rows::ALL {
            loop {
                let found = self.store.scan(table, Bound::Unbounded, Bound::Unbounded, EMPTIED)?;
                if found.is_empty() {
                    break;
                }
                let changes = found.into_iter().fold(Changes::new(), |changes, (key, row)| {
                    let stretches = referred(table, &row);
                    self.give_up_stretches(changes.delete(table, key), &stretches)
                });
                match self.store.commit(changes).await {
                    // Somebody else took something away already: look again.
                    Ok(()) | Err(store::Error::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

/// The stretches that a row refers to by itself.
fn referred(table: &str, row: &[u8]) -> Vec<Stretch> {
    let of_version = |version: Version| match version.object.map(|object| object.content) {
        Some(Content::Whole(stretch)) => vec![stretch],
        _ => Vec::new(),
    };
    let referred = match table {
        rows::OBJECTS => rows::read(table, row).map(|entry: Entry| of_version(entry.current)),
        rows::VERSIONS => rows::read(table, row).map(of_version),
        rows::PARTS => rows::read(table, row).map(|part: multipart::Part| part.stretches),
        rows::MANIFESTS | rows::DOOMED => rows::read(table, row)
            .map(|manifest: Manifest| manifest.parts.into_iter().flat_map(|part| part.stretches).collect()),
        _ => Ok(Vec::new()),
    };
    // A row that cannot be read refers to nothing that could be found.
    referred.unwrap_or_default()
}

fn begin(query: &Query) -> Bound<Vec<u8>> {
    let Some(key) = &query.key_marker else { return Bound::Unbounded };
    if let Some(upload) = &query.upload_marker {
        return Bound::Excluded(multipart::row_key(&query.bucket, key, upload));
    }
    let after = listing::Query {
        bucket: query.bucket.clone(),
        prefix: query.prefix.clone(),
        delimiter: query.delimiter.clone(),
        after: Some(key.clone()),
        limit: query.limit,
    };
    match listing::begin(&after) {
        // All uploads of the key itself are behind the marker.
        Bound::Excluded(_) => {
            rows::after_prefix(&rows::under_key(&query.bucket, key)).map_or(Bound::Unbounded, Bound::Included)
        }
        other => other,
    }
}
