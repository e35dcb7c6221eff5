//! Writes a part of an upload that has bytes of an object.

use std::sync::Arc;

use super::Operation;
use crate::call::Call;
use crate::checksum::Members;
use crate::condition::Reading;
use crate::content::Content;
use crate::copying::{self, Copied, Source};
use crate::encryption::Encryption;
use crate::multipart::Part;
use crate::{S3, errors, limits, multipart, time};
use s3s::S3Result;
use s3s::dto::{CopyPartResult, ETag, UploadPartCopyInput, UploadPartCopyOutput};
use store::Changes;

/// Writes a part of an upload that has bytes of an object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html>
pub(crate) struct UploadPartCopy;

impl Operation for UploadPartCopy {
    const NAME: &'static str = "UploadPartCopy";
    type Input = UploadPartCopyInput;
    type Output = UploadPartCopyOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
        let source = Source::read(&input.copy_source)?;
        s3.bucket(&call, &source.bucket, input.expected_source_bucket_owner.as_deref())?;
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        multipart::check_number(input.part_number)?;
        if input.sse_customer_algorithm.is_some() || input.copy_source_sse_customer_algorithm.is_some() {
            return Err(errors::not_implemented("Server-side encryption with customer-provided keys"));
        }
        let upload = s3.upload(&input.bucket, &input.key, &input.upload_id)?.upload;
        let reading = Reading {
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        let range = input.copy_source_range.as_deref().map(copying::range).transpose()?;
        let (copied, sums, told_source) = s3.copied_range(&call, &source, &reading, range, &upload).await?;
        if sums.size > limits::PUT_BYTES_MAX {
            return Err(errors::entity_too_large(sums.size, limits::PUT_BYTES_MAX));
        }
        let part = Part {
            number: input.part_number,
            size: sums.size,
            etag: sums.etag,
            modified_ms: s3.host.now_ms(),
            checksum: sums.checksum,
            stretches: Vec::new(),
        };
        let members = upload.algorithm.map(|algorithm| Members::of(algorithm, &part.checksum)).unwrap_or_default();
        let told = Encryption::told(upload.encryption.as_ref());
        let result = CopyPartResult {
            checksum_crc32: members.crc32,
            checksum_crc32c: members.crc32c,
            checksum_crc64nvme: members.crc64nvme,
            checksum_sha1: members.sha1,
            checksum_sha256: members.sha256,
            e_tag: Some(ETag::Strong(part.etag.clone())),
            last_modified: Some(time::shown(part.modified_ms)),
        };
        let (name, owner, key, id) = (bucket.name.clone(), bucket.owner.clone(), input.key, input.upload_id.clone());
        s3.change_upload(&bucket.name, &input.upload_id, None, move |s3| {
            let bucket = s3.bucket_again(&name, &owner)?;
            let found = s3.upload(&name, &key, &id)?;
            let (changes, stretches) = match &copied {
                Copied::Shared(stretches) => s3.share(Changes::new(), stretches)?,
                Copied::Fresh(fresh) => match s3.keep(Changes::new(), fresh) {
                    (changes, Content::Whole(stretch)) => (changes, vec![stretch]),
                    (changes, _) => (changes, Vec::new()),
                },
            };
            let part = Part { stretches, ..part.clone() };
            Ok((s3.place_part(changes, &bucket, &key, &found, &part)?, ()))
        })
        .await?;
        Ok(UploadPartCopyOutput {
            copy_part_result: Some(result),
            copy_source_version_id: told_source,
            server_side_encryption: told.algorithm,
            ssekms_key_id: told.key,
            bucket_key_enabled: told.bucket_key,
            ..Default::default()
        })
    }
}
