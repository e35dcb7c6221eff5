//! Ends the website that a bucket cannot be.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketWebsiteInput, DeleteBucketWebsiteOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Ends the website that a bucket cannot be.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketWebsite.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct DeleteBucketWebsite;

impl Operation for DeleteBucketWebsite {
    const NAME: &'static str = "DeleteBucketWebsite";
    type Input = DeleteBucketWebsiteInput;
    type Output = DeleteBucketWebsiteOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteBucketWebsiteInput) -> S3Result<DeleteBucketWebsiteOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(DeleteBucketWebsiteOutput {})
    }
}
