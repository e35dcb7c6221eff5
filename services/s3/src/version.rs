//! The noun version: what stands at a key, now and before, and how it is found.

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::{S3Error, S3Result};
use serde::{Deserialize, Serialize};

use crate::object::Object;
use crate::{S3, errors, rows, stamp, time};

/// The id of versions written while versioning was not enabled.
pub(crate) const NULL: &str = "null";

/// A version of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// Later versions have larger stamps.
    pub(crate) stamp: u64,
    /// `None` for the null version.
    pub(crate) id: Option<String>,
    pub(crate) modified_ms: u64,
    /// `None` for a delete marker.
    pub(crate) object: Option<Object>,
}

/// What stands at a key: the current version, and where the null version is. Every change of a key changes this row,
/// so that of racing writers exactly one finds what it expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) current: Version,
    /// The stamp of the null version among those that are not current.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) null_stamp: Option<u64>,
}

/// An entry with its row's bytes, which transactions expect to find unchanged.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) entry: Entry,
    pub(crate) row: Vec<u8>,
}

/// A version that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub(crate) version: Version,
    pub(crate) is_current: bool,
    /// The entry it was found by.
    pub(crate) found: Found,
}

impl Version {
    /// The id as clients see it.
    pub(crate) fn shown_id(&self) -> String {
        self.id.clone().unwrap_or_else(|| NULL.to_owned())
    }

    /// The headers that tell of a delete marker.
    fn marker_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("x-amz-delete-marker"), HeaderValue::from_static("true"));
        for (name, value) in
            [("x-amz-version-id", self.shown_id()), ("last-modified", time::http_date(self.modified_ms))]
        {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers
    }
}

impl Located {
    /// The object, unless it is a delete marker; `asked` is whether this version was asked for by its id.
    pub(crate) fn object(&self, key: &str, asked: bool) -> S3Result<&Object> {
        self.version.object.as_ref().ok_or_else(|| self.refusal(key, asked))
    }

    fn refusal(&self, key: &str, asked: bool) -> S3Error {
        let error = if asked { errors::is_delete_marker() } else { errors::no_such_key(key) };
        errors::with_headers(error, self.version.marker_headers())
    }
}

/// The key of a version that is not current; later ones come first.
pub(crate) fn row_key(bucket: &str, key: &str, stamp: u64) -> Vec<u8> {
    let mut row_key = rows::under_key(bucket, key);
    row_key.extend_from_slice(&(u64::MAX - stamp).to_be_bytes());
    row_key
}

impl S3 {
    /// What stands at a key.
    pub(crate) fn entry(&self, bucket: &str, key: &str) -> S3Result<Option<Found>> {
        let row =
            self.store.get(rows::OBJECTS, &rows::in_bucket(bucket, key)).map_err(|error| errors::store(&error))?;
        row.map(|row| Ok(Found { entry: rows::read(rows::OBJECTS, &row)?, row })).transpose()
    }

    /// The version of a key that has this id, or the current one.
    pub(crate) fn locate(&self, bucket: &str, key: &str, id: Option<&str>) -> S3Result<Located> {
        if let Some(id) = id
            && id != NULL
            && stamp::of_id(id).is_none()
        {
            return Err(errors::version_id_invalid(id));
        }
        let found = self.entry(bucket, key)?;
        let Some(id) = id else {
            let found = found.ok_or_else(|| errors::no_such_key(key))?;
            return Ok(Located { version: found.entry.current.clone(), is_current: true, found });
        };
        let found = found.ok_or_else(|| errors::no_such_version(key, id))?;
        if found.entry.current.shown_id() == id {
            return Ok(Located { version: found.entry.current.clone(), is_current: true, found });
        }
        let stamp = if id == NULL { found.entry.null_stamp } else { stamp::of_id(id) };
        let version = stamp.map(|stamp| self.old_version(bucket, key, stamp)).transpose()?.flatten();
        let version = version.filter(|version| version.shown_id() == id);
        let version = version.ok_or_else(|| errors::no_such_version(key, id))?;
        Ok(Located { version, is_current: false, found })
    }

    /// A version that is not current, by its stamp.
    pub(crate) fn old_version(&self, bucket: &str, key: &str, stamp: u64) -> S3Result<Option<Version>> {
        let row =
            self.store.get(rows::VERSIONS, &row_key(bucket, key, stamp)).map_err(|error| errors::store(&error))?;
        row.map(|row| rows::read(rows::VERSIONS, &row)).transpose()
    }

    /// Versions that are not current and older than `before`, the latest first.
    pub(crate) fn old_versions(
        &self,
        bucket: &str,
        key: &str,
        before: Option<u64>,
        limit: usize,
    ) -> S3Result<Vec<Version>> {
        use std::ops::Bound;
        let prefix = rows::under_key(bucket, key);
        let from = match before {
            Some(stamp) => Bound::Excluded(row_key(bucket, key, stamp)),
            None => Bound::Included(prefix.clone()),
        };
        let end = rows::after_prefix(&prefix);
        let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let from = from.as_ref().map(Vec::as_slice);
        let found = self.store.scan(rows::VERSIONS, from, end, limit).map_err(|error| errors::store(&error))?;
        // Keys with a NUL in them would stand here too, with longer rows.
        let own = found.into_iter().filter(|(row_key, _)| row_key.len() == prefix.len() + 8);
        own.map(|(_, row)| rows::read(rows::VERSIONS, &row)).collect()
    }
}
