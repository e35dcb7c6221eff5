//! Removes the policy that a bucket cannot have.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketPolicyInput, DeleteBucketPolicyOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Removes the policy that a bucket cannot have.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct DeleteBucketPolicy;

impl Operation for DeleteBucketPolicy {
    const NAME: &'static str = "DeleteBucketPolicy";
    type Input = DeleteBucketPolicyInput;
    type Output = DeleteBucketPolicyOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteBucketPolicyInput) -> S3Result<DeleteBucketPolicyOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(DeleteBucketPolicyOutput {})
    }
}
