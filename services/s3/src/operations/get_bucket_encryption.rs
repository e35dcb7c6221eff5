//! Says how new objects of a bucket are encrypted.

use std::sync::Arc;

use s3s::dto::{self, GetBucketEncryptionInput, GetBucketEncryptionOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says how new objects of a bucket are encrypted whose requests do not.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html>
///
/// Differs from AWS: AWS encrypts every bucket; here a bucket has no default until one is set, and the answer says so.
pub(crate) struct GetBucketEncryption;

impl Operation for GetBucketEncryption {
    const NAME: &'static str = "GetBucketEncryption";
    type Input = GetBucketEncryptionInput;
    type Output = GetBucketEncryptionOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketEncryptionInput) -> S3Result<GetBucketEncryptionOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        if let Some(wanted) = bucket.default_encryption() {
            let default = dto::ServerSideEncryptionByDefault {
                kms_master_key_id: wanted.key,
                sse_algorithm: wanted.algorithm.unwrap_or_default().into(),
            };
            let rule = dto::ServerSideEncryptionRule {
                apply_server_side_encryption_by_default: Some(default),
                bucket_key_enabled: Some(wanted.bucket_key.unwrap_or_default()),
            };
            let configuration = dto::ServerSideEncryptionConfiguration { rules: vec![rule] };
            return Ok(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(configuration) });
        }
        let sentence = "The server side encryption configuration was not found";
        Err(errors::not_set(S3ErrorCode::ServerSideEncryptionConfigurationNotFoundError, sentence, &bucket.name))
    }
}
