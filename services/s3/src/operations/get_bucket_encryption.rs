//! Says that a bucket is not encrypted.

use std::sync::Arc;

use s3s::dto::{GetBucketEncryptionInput, GetBucketEncryptionOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says that a bucket is not encrypted.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html>
///
/// Differs from AWS: AWS encrypts every bucket; here nothing is encrypted, and the answer says so.
pub(crate) struct GetBucketEncryption;

impl Operation for GetBucketEncryption {
    const NAME: &'static str = "GetBucketEncryption";
    type Input = GetBucketEncryptionInput;
    type Output = GetBucketEncryptionOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketEncryptionInput) -> S3Result<GetBucketEncryptionOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let sentence = "The server side encryption configuration was not found";
        Err(errors::not_set(S3ErrorCode::ServerSideEncryptionConfigurationNotFoundError, sentence, &bucket.name))
    }
}
