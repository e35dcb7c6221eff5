//! Answers what is known about an object, without its metadata.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{
    Checksum, ETag, GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectAttributesParts, ObjectAttributes,
    ObjectPart, StorageClass,
};

use super::Operation;
use crate::call::Call;
use crate::checksum::Members;
use crate::content::Content;
use crate::object::Object;
use crate::{S3, errors, limits, storing, time};

/// Answers what is known about an object, without its metadata.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html>
pub(crate) struct GetObjectAttributes;

impl Operation for GetObjectAttributes {
    const NAME: &'static str = "GetObjectAttributes";
    type Input = GetObjectAttributesInput;
    type Output = GetObjectAttributesOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetObjectAttributesInput) -> S3Result<GetObjectAttributesOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;

        if input.sse_customer_algorithm.is_some() {
            return Err(errors::invalid_request("The encryption parameters are not applicable to this object."));
        }
        let located = s3.locate(&input.bucket, &input.key, input.version_id.as_deref())?;
        let object = located.object(&input.key, input.version_id.is_some())?;
        let mut output = GetObjectAttributesOutput {
            last_modified: Some(time::shown(located.version.modified_ms)),
            version_id: storing::told_id(&bucket, &located.version),
            ..Default::default()
        };
        // Most clients send one header with commas, some one header for each.
        let names = input.object_attributes.iter().flat_map(|names| names.as_str().split(','));
        for name in names.map(str::trim) {
            match name {
                ObjectAttributes::ETAG => output.e_tag = Some(ETag::Strong(object.etag.clone())),
                ObjectAttributes::OBJECT_SIZE => output.object_size = i64::try_from(object.size).ok(),
                ObjectAttributes::STORAGE_CLASS => {
                    output.storage_class = Some(StorageClass::from_static(StorageClass::STANDARD));
                }
                ObjectAttributes::CHECKSUM => output.checksum = checksum(object),
                ObjectAttributes::OBJECT_PARTS => {
                    output.object_parts = parts(s3, object, input.max_parts, input.part_number_marker)?;
                }
                other => {
                    return Err(errors::argument(
                        "Invalid attribute name specified.",
                        "x-amz-object-attributes",
                        other,
                    ));
                }
            }
        }
        Ok(output)
    }
}

fn checksum(object: &Object) -> Option<Checksum> {
    let checksum = object.checksum.as_ref()?;
    let members = Members::of_checksum(Some(checksum));
    Some(Checksum {
        checksum_crc32: members.crc32,
        checksum_crc32c: members.crc32c,
        checksum_crc64nvme: members.crc64nvme,
        checksum_sha1: members.sha1,
        checksum_sha256: members.sha256,
        checksum_type: Some(checksum.kind.on_wire()),
    })
}

/// The parts of an object that came in parts; listed one by one only where they have checksums, as AWS does.
fn parts(
    s3: &S3,
    object: &Object,
    asked: Option<i32>,
    marker: Option<i32>,
) -> S3Result<Option<GetObjectAttributesParts>> {
    let Some(count) = object.part_count else { return Ok(None) };
    let limit = asked.unwrap_or(limits::PAGE_MAX).clamp(0, limits::PAGE_MAX);
    let marker = marker.unwrap_or_default();
    let mut output = GetObjectAttributesParts {
        max_parts: Some(limit),
        part_number_marker: Some(marker),
        total_parts_count: Some(count),
        is_truncated: Some(false),
        ..Default::default()
    };
    let (Content::Parts(id), Some(checksum)) = (&object.content, &object.checksum) else { return Ok(Some(output)) };
    // Replaced meanwhile: what is known is what it was.
    let Some(manifest) = s3.manifest(id)? else { return Ok(Some(output)) };
    if manifest.parts.iter().all(|part| part.checksum.is_none()) {
        return Ok(Some(output));
    }
    let mut rest = manifest.parts.into_iter().filter(|part| part.number > marker).peekable();
    let mut parts = Vec::new();
    while let Some(part) = rest.next_if(|_| i32::try_from(parts.len()).is_ok_and(|count| count < limit)) {
        let members = part.checksum.map(|value| Members::of(checksum.algorithm, &value)).unwrap_or_default();
        parts.push(ObjectPart {
            checksum_crc32: members.crc32,
            checksum_crc32c: members.crc32c,
            checksum_crc64nvme: members.crc64nvme,
            checksum_sha1: members.sha1,
            checksum_sha256: members.sha256,
            part_number: Some(part.number),
            size: i64::try_from(part.size).ok(),
        });
    }
    output.next_part_number_marker = parts.last().and_then(|part| part.part_number).or(Some(0));
    output.is_truncated = Some(rest.peek().is_some());
    output.parts = Some(parts);
    Ok(Some(output))
}
