//! Removes the rules for other origins that a bucket cannot have.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketCorsInput, DeleteBucketCorsOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Removes the rules for other origins that a bucket cannot have.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketCors.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct DeleteBucketCors;

impl Operation for DeleteBucketCors {
    const NAME: &'static str = "DeleteBucketCors";
    type Input = DeleteBucketCorsInput;
    type Output = DeleteBucketCorsOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteBucketCorsInput) -> S3Result<DeleteBucketCorsOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(DeleteBucketCorsOutput {})
    }
}
