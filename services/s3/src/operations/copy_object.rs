//! Writes an object that has the bytes of another.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{CopyObjectInput, CopyObjectOutput, CopyObjectResult, ETag, MetadataDirective, TaggingDirective};

use super::Operation;
use crate::call::Call;
use crate::checksum::{Algorithm, Members};
use crate::condition::{Reading, Writing};
use crate::copying::{Copying, Source};
use crate::encryption::{self, Encryption};
use crate::{S3, copying, errors, object, storing, tags, time};

/// Writes an object that has the bytes of another.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>
///
/// Differs from AWS: without a word of encryption, in the request or of the bucket, a copy is as its source; no keys of the customer's, no object lock, only the storage class `STANDARD`.
pub(crate) struct CopyObject;

impl Operation for CopyObject {
    const NAME: &'static str = "CopyObject";
    type Input = CopyObjectInput;
    type Output = CopyObjectOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
        let mut input = input;
        let source = Source::read(&input.copy_source)?;
        s3.bucket(&call, &source.bucket, input.expected_source_bucket_owner.as_deref())?;
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        object::check_key(&input.key)?;
        object::options_of!(input).check()?;
        if input.copy_source_sse_customer_algorithm.is_some() {
            return Err(errors::not_implemented("Server-side encryption with customer-provided keys"));
        }
        let wanted = encryption::encryption_of!(input)?;
        let replaces = copying::is_replacing(input.metadata_directive.as_ref().map(MetadataDirective::as_str))?;
        let retags = copying::is_replacing(input.tagging_directive.as_ref().map(TaggingDirective::as_str))?;
        let redirects = input.website_redirect_location.is_some();
        let is_itself = source.bucket == input.bucket && source.key == input.key && source.version_id.is_none();
        if is_itself && !replaces && !redirects && input.storage_class.is_none() && wanted.is_none() {
            return Err(errors::copy_to_itself());
        }
        let given = object::description_of!(input)?;
        let tags = input.tagging.as_deref().map(tags::of_header).transpose()?.unwrap_or_default();
        let copying = Copying {
            owner: bucket.owner.clone(),
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            reading: Reading {
                if_match: input.copy_source_if_match,
                if_none_match: input.copy_source_if_none_match,
                if_modified_since: input.copy_source_if_modified_since,
                if_unmodified_since: input.copy_source_if_unmodified_since,
            },
            given,
            encryption: s3.encryption(&call, &bucket, wanted).await?,
            replaces,
            tags: retags.then_some(tags),
            algorithm: Algorithm::of_request(input.checksum_algorithm.as_ref())?,
            condition: Writing::new(call.if_match.clone(), call.if_none_match.as_ref())?,
            source,
        };
        let (version, source_version) = s3.copy(&call, copying).await?;
        let object = version.object.as_ref();
        let checksum = object.and_then(|object| object.checksum.as_ref());
        let members = Members::of_checksum(checksum);
        let told = Encryption::told(object.and_then(|object| object.encryption.as_ref()));
        Ok(CopyObjectOutput {
            copy_object_result: Some(CopyObjectResult {
                checksum_crc32: members.crc32,
                checksum_crc32c: members.crc32c,
                checksum_crc64nvme: members.crc64nvme,
                checksum_sha1: members.sha1,
                checksum_sha256: members.sha256,
                checksum_type: checksum.map(|checksum| checksum.kind.on_wire()),
                e_tag: object.map(|object| ETag::Strong(object.etag.clone())),
                last_modified: Some(time::shown(version.modified_ms)),
            }),
            copy_source_version_id: source_version,
            version_id: storing::told_id(&bucket, &version),
            expiration: storing::expiration(&bucket, &input.key, &version)?,
            server_side_encryption: told.algorithm,
            ssekms_key_id: told.key,
            bucket_key_enabled: told.bucket_key,
            ..Default::default()
        })
    }
}
