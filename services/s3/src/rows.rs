//! Tables and keys of what S3 keeps in the store, and how values are written.

use s3s::S3Result;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::errors;

/// Bucket name → [`crate::bucket::Bucket`]. One namespace for all accounts, as in AWS.
pub(crate) const BUCKETS: &str = "s3.bucket";
/// Bucket, NUL, key → [`crate::version::Entry`]: the current version, and where every change of a key begins.
pub(crate) const OBJECTS: &str = "s3.object";
/// Bucket, NUL, key, NUL, descending stamp → [`crate::version::Version`]: versions that are not current.
pub(crate) const VERSIONS: &str = "s3.version";
/// Bucket, NUL, key, NUL, upload id → [`crate::multipart::Upload`].
pub(crate) const UPLOADS: &str = "s3.upload";
/// Upload id, part number → [`crate::multipart::Part`].
pub(crate) const PARTS: &str = "s3.part";
/// Content id → the bytes of a small object.
pub(crate) const SMALL: &str = "s3.small";
/// Content id → the [`crate::content::Manifest`] of an object of several parts.
pub(crate) const MANIFESTS: &str = "s3.manifest";

/// Content id → a manifest that no object has any more, but perhaps a reader.
pub(crate) const DOOMED: &str = "s3.doomed";

/// The tables that `reset` empties.
pub(crate) const ALL: [&str; 8] = [BUCKETS, OBJECTS, VERSIONS, UPLOADS, PARTS, SMALL, MANIFESTS, DOOMED];

/// What separates names in keys; it cannot stand in a bucket's name.
pub(crate) const SEPARATOR: u8 = 0;

/// The key of what a bucket has under a name, and the beginning of the keys of all that begins so.
pub(crate) fn in_bucket(bucket: &str, name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(bucket.len() + 1 + name.len() + 34);
    key.extend_from_slice(bucket.as_bytes());
    key.push(SEPARATOR);
    key.extend_from_slice(name.as_bytes());
    key
}

/// The beginning of the keys of a key's versions or uploads.
pub(crate) fn under_key(bucket: &str, name: &str) -> Vec<u8> {
    let mut key = in_bucket(bucket, name);
    key.push(SEPARATOR);
    key
}

/// The first key after all that begin with `prefix`; `None` when there is none.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

/// A row as bytes.
pub(crate) fn write<T: Serialize>(row: &T) -> Vec<u8> {
    serde_json::to_vec(row).expect("rows are plain values with text keys")
}

/// Bytes as a row.
pub(crate) fn read<T: DeserializeOwned>(table: &str, bytes: &[u8]) -> S3Result<T> {
    serde_json::from_slice(bytes).map_err(|error| errors::internal(format!("a row of {table} is damaged: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_where_the_next_begins() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(&[1, 255, 255]), Some(vec![2]));
        assert_eq!(after_prefix(&[255, 255]), None);
        assert_eq!(after_prefix(b""), None);
    }
}
