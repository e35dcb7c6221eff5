//! Answers what is known about an object.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{ChecksumMode, ETag, HeadObjectInput, HeadObjectOutput};

use super::Operation;
use crate::call::Call;
use crate::encryption::Encryption;
use crate::view::Asked;
use crate::{S3, time};

/// Answers what is known about an object.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
pub(crate) struct HeadObject;

impl Operation for HeadObject {
    const NAME: &'static str = "HeadObject";
    type Input = HeadObjectInput;
    type Output = HeadObjectOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
        let asked = Asked {
            bucket: input.bucket,
            key: input.key,
            owner: input.expected_bucket_owner,
            version_id: input.version_id,
            range: input.range,
            part_number: input.part_number,
            wants_checksum: input.checksum_mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED),
            has_customer_key: input.sse_customer_algorithm.is_some(),
            ..Asked::default()
        };
        let asked = asked.when(input.if_match, input.if_none_match, input.if_modified_since, input.if_unmodified_since);
        let view = s3.view(&call, &asked)?;
        let len = view.len();
        let (checksum, checksum_type) = view.checksum_members();
        let told = Encryption::told(view.object.encryption.as_ref());
        let description = view.object.description;
        let content_type = input.response_content_type.unwrap_or_else(|| description.shown_content_type());
        Ok(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: input.response_cache_control.or(description.cache_control),
            checksum_crc32: checksum.crc32,
            checksum_crc32c: checksum.crc32c,
            checksum_crc64nvme: checksum.crc64nvme,
            checksum_sha1: checksum.sha1,
            checksum_sha256: checksum.sha256,
            checksum_type,
            content_disposition: input.response_content_disposition.or(description.content_disposition),
            content_encoding: input.response_content_encoding.or(description.content_encoding),
            content_language: input.response_content_language.or(description.content_language),
            content_length: i64::try_from(len).ok(),
            content_range: view.content_range,
            content_type: Some(content_type),
            e_tag: Some(ETag::Strong(view.object.etag)),
            expires: input.response_expires.or(description.expires),
            last_modified: Some(time::shown(view.version.modified_ms)),
            metadata: Some(description.metadata.into_iter().collect()),
            parts_count: view.part_count,
            version_id: view.version_id,
            expiration: view.expiration,
            server_side_encryption: told.algorithm,
            ssekms_key_id: told.key,
            bucket_key_enabled: told.bucket_key,
            website_redirect_location: description.website_redirect,
            ..Default::default()
        })
    }
}
