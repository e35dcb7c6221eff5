//! Removes the settings about public access that a bucket cannot have.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeletePublicAccessBlockInput, DeletePublicAccessBlockOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Removes the settings about public access that a bucket cannot have.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct DeletePublicAccessBlock;

impl Operation for DeletePublicAccessBlock {
    const NAME: &'static str = "DeletePublicAccessBlock";
    type Input = DeletePublicAccessBlockInput;
    type Output = DeletePublicAccessBlockOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: DeletePublicAccessBlockInput,
    ) -> S3Result<DeletePublicAccessBlockOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(DeletePublicAccessBlockOutput {})
    }
}
