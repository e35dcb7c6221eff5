//! Writes a part of an upload.

use std::sync::Arc;

use super::Operation;
use crate::call::Call;
use crate::checksum::{Algorithm, Claimed, Members};
use crate::content::Content;
use crate::encryption::Encryption;
use crate::multipart::Part;
use crate::receiving::Received;
use crate::{S3, digest, errors, limits, multipart};
use s3s::S3Result;
use s3s::dto::{ETag, StreamingBlob, UploadPartInput, UploadPartOutput};
use store::Changes;

/// Writes a part of an upload.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html>
///
/// Differs from AWS: a part may have another checksum than its upload if the upload named none.
pub(crate) struct UploadPart;

impl Operation for UploadPart {
    const NAME: &'static str = "UploadPart";
    type Input = UploadPartInput;
    type Output = UploadPartOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: UploadPartInput) -> S3Result<UploadPartOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        multipart::check_number(input.part_number)?;
        if input.sse_customer_algorithm.is_some() {
            return Err(errors::not_implemented("Server-side encryption with customer-provided keys"));
        }
        let upload = s3.upload(&input.bucket, &input.key, &input.upload_id)?.upload;
        let md5 = digest::claimed(input.content_md5.as_deref())?;
        let members = Members {
            crc32: input.checksum_crc32,
            crc32c: input.checksum_crc32c,
            crc64nvme: input.checksum_crc64nvme,
            sha1: input.checksum_sha1,
            sha256: input.checksum_sha256,
        };
        let claimed = Claimed::read(&call, members)?;
        let kept = upload.algorithm();
        // An upload that has no algorithm takes any; the object's checksum is then its own.
        if let (Some(asked), Some(claimed)) = (upload.algorithm, claimed.algorithm)
            && asked != claimed
        {
            return Err(errors::checksum_type_differs(asked.name(), claimed.name()));
        }
        let announced = input.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
        if announced > limits::PUT_BYTES_MAX {
            return Err(errors::entity_too_large(announced, limits::PUT_BYTES_MAX));
        }
        let sealing = s3.sealing(&call, upload.encryption.as_ref()).await?;
        let encryption = Encryption::told(upload.encryption.as_ref());
        let body = input.body.unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
        let second = claimed.algorithm.filter(|claimed| *claimed != kept);
        let received = s3.receive_twice(body, (kept, second), sealing, limits::PUT_BYTES_MAX).await?;
        digest::check(md5, &received.md5)?;
        claimed.check(&call, received.second.as_ref().unwrap_or(&received.checksum))?;
        let told = claimed_members(&received, upload.algorithm.is_some(), kept, second);
        let etag = received.etag();
        let (name, owner, key) = (bucket.name.clone(), bucket.owner.clone(), input.key);
        let (id, number) = (input.upload_id.clone(), input.part_number);
        s3.change_upload(&bucket.name, &input.upload_id, None, move |s3| {
            let bucket = s3.bucket_again(&name, &owner)?;
            let found = s3.upload(&name, &key, &id)?;
            let (changes, content) = s3.keep(Changes::new(), &received.fresh);
            let part = Part {
                number,
                size: received.size,
                etag: received.etag(),
                modified_ms: s3.host.now_ms(),
                checksum: received.checksum.clone(),
                stretches: if let Content::Whole(stretch) = content { vec![stretch] } else { Vec::new() },
            };
            Ok((s3.place_part(changes, &bucket, &key, &found, &part)?, ()))
        })
        .await?;
        Ok(UploadPartOutput {
            e_tag: Some(ETag::Strong(etag)),
            checksum_crc32: told.crc32,
            checksum_crc32c: told.crc32c,
            checksum_crc64nvme: told.crc64nvme,
            checksum_sha1: told.sha1,
            checksum_sha256: told.sha256,
            server_side_encryption: encryption.algorithm,
            ssekms_key_id: encryption.key,
            bucket_key_enabled: encryption.bucket_key,
            ..Default::default()
        })
    }
}

/// The checksum that the client knows the part by.
fn claimed_members(received: &Received, is_kept: bool, kept: Algorithm, second: Option<Algorithm>) -> Members {
    match (second, &received.second) {
        (Some(algorithm), Some(value)) => Members::of(algorithm, value),
        _ if is_kept => Members::of(kept, &received.checksum),
        _ => Members::default(),
    }
}
