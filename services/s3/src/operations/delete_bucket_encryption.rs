//! Ends the encryption that a bucket cannot have.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketEncryptionInput, DeleteBucketEncryptionOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Ends the encryption that a bucket cannot have.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct DeleteBucketEncryption;

impl Operation for DeleteBucketEncryption {
    const NAME: &'static str = "DeleteBucketEncryption";
    type Input = DeleteBucketEncryptionInput;
    type Output = DeleteBucketEncryptionOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: DeleteBucketEncryptionInput,
    ) -> S3Result<DeleteBucketEncryptionOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(DeleteBucketEncryptionOutput {})
    }
}
