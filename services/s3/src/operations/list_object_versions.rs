//! Lists all versions and delete markers of the keys of a bucket.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{
    DeleteMarkerEntry, ETag, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass,
};

use super::Operation;
use crate::call::Call;
use crate::history::{Line, Query};
use crate::listing::Spelling;
use crate::{S3, listing, owner, time};

/// Lists all versions and delete markers of the keys of a bucket.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>
pub(crate) struct ListObjectVersions;

impl Operation for ListObjectVersions {
    const NAME: &'static str = "ListObjectVersions";
    type Input = ListObjectVersionsInput;
    type Output = ListObjectVersionsOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: ListObjectVersionsInput) -> S3Result<ListObjectVersionsOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        listing::check_attributes(input.optional_object_attributes.as_deref())?;
        let spelling = Spelling::new(input.encoding_type)?;
        let query = Query {
            bucket: input.bucket,
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone().filter(|delimiter| !delimiter.is_empty()),
            key_marker: input.key_marker.clone().filter(|marker| !marker.is_empty()),
            version_marker: input.version_id_marker.clone().filter(|marker| !marker.is_empty()),
            limit: listing::limit(input.max_keys, "max-keys")?,
        };
        let page = s3.history(&query)?;
        let (mut versions, mut markers, mut prefixes) = (Vec::new(), Vec::new(), Vec::new());
        for line in page.lines {
            match line {
                Line::Prefix(prefix) => prefixes.push(prefix),
                Line::Version { key, version, is_latest } => {
                    let (key, version_id) = (Some(spelling.spell(&key)), Some(version.shown_id()));
                    let last_modified = Some(time::shown(version.modified_ms));
                    let (owner, is_latest) = (Some(owner::of(&bucket.owner)), Some(is_latest));
                    let Some(object) = version.object else {
                        markers.push(DeleteMarkerEntry { is_latest, key, last_modified, owner, version_id });
                        continue;
                    };
                    versions.push(ObjectVersion {
                        checksum_algorithm: object.checksum.as_ref().map(|sum| vec![sum.algorithm.on_wire()]),
                        checksum_type: object.checksum.as_ref().map(|sum| sum.kind.on_wire()),
                        e_tag: Some(ETag::Strong(object.etag)),
                        size: i64::try_from(object.size).ok(),
                        storage_class: Some(ObjectVersionStorageClass::from_static("STANDARD")),
                        restore_status: None,
                        is_latest,
                        key,
                        last_modified,
                        owner,
                        version_id,
                    });
                }
            }
        }
        let (next_key, next_version) = page.next.unzip();
        Ok(ListObjectVersionsOutput {
            common_prefixes: spelling.prefixes(prefixes),
            delete_markers: (!markers.is_empty()).then_some(markers),
            delimiter: spelling.spell_if(query.delimiter.as_deref()),
            encoding_type: spelling.name(),
            is_truncated: Some(next_key.is_some()),
            key_marker: Some(spelling.spell(input.key_marker.as_deref().unwrap_or_default())),
            max_keys: i32::try_from(query.limit).ok(),
            name: Some(query.bucket),
            next_key_marker: spelling.spell_if(next_key.as_deref()),
            next_version_id_marker: next_version.flatten(),
            prefix: Some(spelling.spell(&query.prefix)),
            request_charged: None,
            version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
            versions: (!versions.is_empty()).then_some(versions),
        })
    }
}
