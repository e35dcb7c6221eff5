//! Writes an object.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{ETag, PutObjectInput, PutObjectOutput, StreamingBlob};

use super::Operation;
use crate::call::Call;
use crate::checksum::{Algorithm, Claimed, Kind, Members};
use crate::condition::Writing;
use crate::digest;
use crate::encryption::{self, Encryption};
use crate::storing::Storing;
use crate::{S3, errors, limits, object, storing, tags};

/// Writes an object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
///
/// Differs from AWS: only the storage class `STANDARD`; no keys of the customer's for encryption, no object lock, no ACLs beyond the owner's full control.
pub(crate) struct PutObject;

impl Operation for PutObject {
    const NAME: &'static str = "PutObject";
    type Input = PutObjectInput;
    type Output = PutObjectOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: PutObjectInput) -> S3Result<PutObjectOutput> {
        let mut input = input;
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        object::check_key(&input.key)?;
        object::options_of!(input).check()?;
        if input.write_offset_bytes.is_some() {
            return Err(errors::header_not_implemented("x-amz-write-offset-bytes"));
        }
        let condition = Writing::new(input.if_match.take(), input.if_none_match.as_ref())?;
        let description = object::description_of!(input)?;
        let wanted = encryption::encryption_of!(input)?;
        let tags = input.tagging.as_deref().map(tags::of_header).transpose()?.unwrap_or_default();
        let md5 = digest::claimed(input.content_md5.as_deref())?;
        let members = Members {
            crc32: input.checksum_crc32,
            crc32c: input.checksum_crc32c,
            crc64nvme: input.checksum_crc64nvme,
            sha1: input.checksum_sha1,
            sha256: input.checksum_sha256,
        };
        let claimed = Claimed::read(&call, members)?;
        let announced = input.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
        if announced > limits::PUT_BYTES_MAX {
            return Err(errors::entity_too_large(announced, limits::PUT_BYTES_MAX));
        }
        let algorithm = claimed.algorithm.unwrap_or(Algorithm::Crc64Nvme);
        let body = input.body.unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
        let encryption = s3.encryption(&call, &bucket, wanted).await?;
        let sealing = s3.sealing(&call, encryption.as_ref()).await?;
        let received = s3.receive(body, algorithm, sealing, limits::PUT_BYTES_MAX).await?;
        digest::check(md5, &received.md5)?;
        claimed.check(&call, &received.checksum)?;
        let checksum = Members::of(algorithm, &received.checksum);
        let etag = received.etag();
        let told = Encryption::told(encryption.as_ref());
        let storing = Storing {
            bucket: input.bucket,
            owner: bucket.owner.clone(),
            key: input.key.clone(),
            description,
            encryption,
            tags,
            algorithm,
            condition,
        };
        let version = s3.store_received(storing, received).await?;
        let key = input.key;
        Ok(PutObjectOutput {
            e_tag: Some(ETag::Strong(etag)),
            checksum_crc32: checksum.crc32,
            checksum_crc32c: checksum.crc32c,
            checksum_crc64nvme: checksum.crc64nvme,
            checksum_sha1: checksum.sha1,
            checksum_sha256: checksum.sha256,
            checksum_type: Some(Kind::FullObject.on_wire()),
            version_id: storing::told_id(&bucket, &version),
            expiration: storing::expiration(&bucket, &key, &version)?,
            server_side_encryption: told.algorithm,
            ssekms_key_id: told.key,
            bucket_key_enabled: told.bucket_key,
            ..Default::default()
        })
    }
}
