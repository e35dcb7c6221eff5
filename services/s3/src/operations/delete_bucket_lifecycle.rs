//! Removes a bucket's lifecycle rules.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketLifecycleInput, DeleteBucketLifecycleOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, lifecycle};

/// Removes a bucket's lifecycle rules.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketLifecycle.html>
pub(crate) struct DeleteBucketLifecycle;

impl Operation for DeleteBucketLifecycle {
    const NAME: &'static str = "DeleteBucketLifecycle";
    type Input = DeleteBucketLifecycleInput;
    type Output = DeleteBucketLifecycleOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteBucketLifecycleInput) -> S3Result<DeleteBucketLifecycleOutput> {
        s3.change_bucket(&call, &input.bucket, input.expected_bucket_owner, |bucket| {
            bucket.settings.remove(lifecycle::SETTING);
            Ok(())
        })
        .await?;
        Ok(DeleteBucketLifecycleOutput {})
    }
}
