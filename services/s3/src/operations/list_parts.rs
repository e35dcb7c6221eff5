//! Lists the parts of an upload.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{ETag, ListPartsInput, ListPartsOutput, Part, StorageClass};

use super::Operation;
use crate::call::Call;
use crate::checksum::{Algorithm, Members};
use crate::listing;
use crate::{S3, limits, owner, time};

/// Lists the parts of an upload.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>
pub(crate) struct ListParts;

impl Operation for ListParts {
    const NAME: &'static str = "ListParts";
    type Input = ListPartsInput;
    type Output = ListPartsOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let upload = s3.upload(&input.bucket, &input.key, &input.upload_id)?.upload;
        let limit = listing::limit(input.max_parts, "max-parts")?;
        let marker = input.part_number_marker.unwrap_or_default().clamp(0, limits::PART_NUMBER_MAX);
        let mut parts = if limit == 0 { Vec::new() } else { s3.parts(&upload.id, marker, limit + 1)? };
        let is_truncated = parts.len() > limit;
        parts.truncate(limit);
        let next = parts.last().map_or(0, |part| part.number);
        let part = |part: crate::multipart::Part| {
            let members = upload.algorithm.map(|algorithm| Members::of(algorithm, &part.checksum)).unwrap_or_default();
            Part {
                checksum_crc32: members.crc32,
                checksum_crc32c: members.crc32c,
                checksum_crc64nvme: members.crc64nvme,
                checksum_sha1: members.sha1,
                checksum_sha256: members.sha256,
                e_tag: Some(ETag::Strong(part.etag)),
                last_modified: Some(time::shown(part.modified_ms)),
                part_number: Some(part.number),
                size: i64::try_from(part.size).ok(),
            }
        };
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            parts: Some(parts.into_iter().map(part).collect()),
            part_number_marker: Some(marker),
            next_part_number_marker: Some(next),
            max_parts: i32::try_from(limit).ok(),
            is_truncated: Some(is_truncated),
            initiator: Some(owner::initiator(&upload.initiator)),
            owner: Some(owner::of(&bucket.owner)),
            storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
            checksum_algorithm: upload.algorithm.map(Algorithm::on_wire),
            checksum_type: upload.algorithm.map(|_| upload.kind.on_wire()),
            ..Default::default()
        })
    }
}
