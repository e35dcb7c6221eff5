//! The noun upload: an object that comes in parts, each durable when it is answered.

use std::ops::Bound;

use s3s::S3Result;
use s3s::crypto::{Checksum as _, Md5};
use serde::{Deserialize, Serialize};
use store::Changes;

use crate::checksum::{self, Algorithm, Checksum, Kind};
use crate::content::{Manifest, ManifestPart, Stretch, hex};
use crate::encryption::Encryption;
use crate::object::Description;
use crate::tags::Tag;
use crate::{S3, bucket, errors, history, limits, rows};

/// An upload under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) initiated_ms: u64,
    pub(crate) initiator: String,
    pub(crate) description: Description,
    /// How the object is encrypted, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption: Option<Encryption>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<Tag>,
    /// The checksum that the client asked for; without one the object gets AWS's default.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) kind: Kind,
}

/// An upload with its row's bytes, which transactions expect to find unchanged.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) upload: Upload,
    pub(crate) row: Vec<u8>,
}

/// A part of an upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) number: i32,
    pub(crate) size: u64,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) modified_ms: u64,
    /// By the upload's algorithm, or the default.
    pub(crate) checksum: String,
    pub(crate) stretches: Vec<Stretch>,
}

/// A part as the client names it when it completes an upload.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) number: i32,
    pub(crate) etag: String,
    pub(crate) checksum: Option<(Algorithm, String)>,
}

impl Upload {
    /// What parts' checksums are computed by.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm.unwrap_or(Algorithm::Crc64Nvme)
    }
}

/// The key of an upload's row.
pub(crate) fn row_key(bucket: &str, key: &str, id: &str) -> Vec<u8> {
    let mut row_key = rows::under_key(bucket, key);
    row_key.extend_from_slice(id.as_bytes());
    row_key
}

/// The key of a part's row; in the order of their numbers.
pub(crate) fn part_key(upload: &str, number: i32) -> Vec<u8> {
    let mut key = upload.as_bytes().to_vec();
    key.push(rows::SEPARATOR);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// Refuses numbers that no part can have.
pub(crate) fn check_number(number: i32) -> S3Result<()> {
    if (1..=limits::PART_NUMBER_MAX).contains(&number) {
        return Ok(());
    }
    let sentence = "Part number must be an integer between 1 and 10000, inclusive";
    Err(errors::argument(sentence, "partNumber", &number.to_string()))
}

/// What an object of these parts looks like from outside.
pub(crate) struct Assembled {
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) checksum: Checksum,
    pub(crate) manifest: Manifest,
}

/// Puts an object together from the parts that the client names.
pub(crate) fn assemble(upload: &Upload, parts: &[Part], named: &[Named]) -> S3Result<Assembled> {
    if !named.is_sorted_by(|a, b| a.number < b.number) {
        return Err(errors::part_order_invalid(&upload.id));
    }
    let mut md5 = Md5::new();
    let mut size = 0;
    let mut chosen = Vec::with_capacity(named.len());
    for (index, name) in named.iter().enumerate() {
        let missing = || errors::part_invalid(&upload.id, name.number, &name.etag);
        let found = parts.binary_search_by_key(&name.number, |part| part.number).map_err(|_| missing())?;
        let part = &parts[found];
        if part.etag != name.etag {
            return Err(missing());
        }
        if let (Some((algorithm, value)), Some(kept)) = (&name.checksum, upload.algorithm)
            && (*algorithm != kept || *value != part.checksum)
        {
            return Err(missing());
        }
        if index + 1 < named.len() && part.size < limits::PART_BYTES_MIN {
            return Err(errors::entity_too_small(part.number, part.size, &part.etag));
        }
        md5.update(&digest(&part.etag));
        size += part.size;
        chosen.push(part);
    }
    if size > limits::OBJECT_BYTES_MAX {
        return Err(errors::entity_too_large(size, limits::OBJECT_BYTES_MAX));
    }
    let sums: Vec<(&str, u64)> = chosen.iter().map(|part| (part.checksum.as_str(), part.size)).collect();
    let algorithm = upload.algorithm();
    let value = checksum::of_parts(algorithm, upload.kind, &sums);
    let value = value.ok_or_else(|| errors::internal("an upload has a checksum that cannot be put together"))?;
    let manifest_part = |part: &&Part| ManifestPart {
        number: part.number,
        size: part.size,
        checksum: upload.algorithm.map(|_| part.checksum.clone()),
        stretches: part.stretches.clone(),
    };
    Ok(Assembled {
        size,
        etag: format!("{}-{}", hex(&md5.finalize()), chosen.len()),
        checksum: Checksum { algorithm, kind: upload.kind, value },
        manifest: Manifest { parts: chosen.iter().map(manifest_part).collect() },
    })
}

/// The MD5 of a part, out of its ETag.
fn digest(etag: &str) -> Vec<u8> {
    let digit = |at: usize| etag.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or_default();
    (0..etag.len() / 2).map(|index| digit(index * 2)).collect()
}

impl S3 {
    /// An upload of a key.
    pub(crate) fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<Found> {
        let row = self.store.get(rows::UPLOADS, &row_key(bucket, key, id)).map_err(|error| errors::store(&error))?;
        let row = row.ok_or_else(|| errors::no_such_upload(id))?;
        Ok(Found { upload: rows::read(rows::UPLOADS, &row)?, row })
    }

    /// One part.
    pub(crate) fn part(&self, upload: &str, number: i32) -> S3Result<Option<Part>> {
        let row = self.store.get(rows::PARTS, &part_key(upload, number)).map_err(|error| errors::store(&error))?;
        row.map(|row| rows::read(rows::PARTS, &row)).transpose()
    }

    /// Parts with larger numbers than `after`, in order.
    pub(crate) fn parts(&self, upload: &str, after: i32, limit: usize) -> S3Result<Vec<Part>> {
        let (from, end) = (part_key(upload, after), part_key(upload, i32::MAX));
        let (from, end) = (Bound::Excluded(from.as_slice()), Bound::Included(end.as_slice()));
        let found = self.store.scan(rows::PARTS, from, end, limit).map_err(|error| errors::store(&error))?;
        found.into_iter().map(|(_, row)| rows::read(rows::PARTS, &row)).collect()
    }

    /// All parts.
    pub(crate) fn all_parts(&self, upload: &str) -> S3Result<Vec<Part>> {
        self.parts(upload, 0, usize::try_from(limits::PART_NUMBER_MAX).expect("it is positive"))
    }

    /// Keeps a part in place of an earlier one of its number.
    pub(crate) fn place_part(
        &self,
        changes: Changes,
        bucket: &bucket::Found,
        key: &str,
        found: &Found,
        part: &Part,
    ) -> S3Result<Changes> {
        let upload = &found.upload.id;
        let mut changes = changes.expect(rows::BUCKETS, bucket.name.as_bytes(), Some(bucket.row.clone())).expect(
            rows::UPLOADS,
            row_key(&bucket.name, key, upload),
            Some(found.row.clone()),
        );
        if let Some(earlier) = self.part(upload, part.number)? {
            changes = self.give_up_stretches(changes, &earlier.stretches);
        }
        Ok(changes.put(rows::PARTS, part_key(upload, part.number), rows::write(part)))
    }

    /// Ends all uploads of a bucket, which goes too.
    pub(crate) fn end_uploads_of(&self, changes: Changes, bucket: &str) -> S3Result<Changes> {
        let (from, end) = history::whole(bucket);
        let (from, end) = (from.as_ref().map(Vec::as_slice), end.as_ref().map(Vec::as_slice));
        let found = self.store.scan(rows::UPLOADS, from, end, usize::MAX).map_err(|error| errors::store(&error))?;
        found.into_iter().try_fold(changes, |changes, (row_key, row)| {
            let upload: Upload = rows::read(rows::UPLOADS, &row)?;
            let parts = self.all_parts(&upload.id)?;
            let changes = changes.expect(rows::UPLOADS, row_key.clone(), Some(row)).delete(rows::UPLOADS, row_key);
            Ok(self.end_parts(changes, &upload.id, &parts, &Manifest::default()))
        })
    }

    /// Ends an upload: its row goes, and so do the parts that no object took over.
    pub(crate) fn end_upload(
        &self,
        changes: Changes,
        bucket: &str,
        key: &str,
        found: &Found,
        parts: &[Part],
        taken: &Manifest,
    ) -> Changes {
        let row_key = row_key(bucket, key, &found.upload.id);
        let changes = changes.expect(rows::UPLOADS, row_key.clone(), Some(found.row.clone()));
        self.end_parts(changes.delete(rows::UPLOADS, row_key), &found.upload.id, parts, taken)
    }

    fn end_parts(&self, changes: Changes, upload: &str, parts: &[Part], taken: &Manifest) -> Changes {
        parts.iter().fold(changes, |changes, part| {
            let is_taken = taken.parts.binary_search_by_key(&part.number, |taken| taken.number).is_ok();
            let changes = if is_taken { changes } else { self.give_up_stretches(changes, &part.stretches) };
            changes.delete(rows::PARTS, part_key(upload, part.number))
        })
    }
}

#[cfg(test)]
mod tests;
