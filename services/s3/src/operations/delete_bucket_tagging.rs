//! Removes a bucket's tags.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketTaggingInput, DeleteBucketTaggingOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Removes a bucket's tags.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html>
pub(crate) struct DeleteBucketTagging;

impl Operation for DeleteBucketTagging {
    const NAME: &'static str = "DeleteBucketTagging";
    type Input = DeleteBucketTaggingInput;
    type Output = DeleteBucketTaggingOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteBucketTaggingInput) -> S3Result<DeleteBucketTaggingOutput> {
        s3.change_bucket(&call, &input.bucket, input.expected_bucket_owner, |bucket| {
            bucket.tags.clear();
            Ok(())
        })
        .await?;
        Ok(DeleteBucketTaggingOutput {})
    }
}
