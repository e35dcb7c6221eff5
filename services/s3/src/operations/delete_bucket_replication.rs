//! Ends the replication that a bucket cannot have.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketReplicationInput, DeleteBucketReplicationOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Ends the replication that a bucket cannot have.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketReplication.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct DeleteBucketReplication;

impl Operation for DeleteBucketReplication {
    const NAME: &'static str = "DeleteBucketReplication";
    type Input = DeleteBucketReplicationInput;
    type Output = DeleteBucketReplicationOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: DeleteBucketReplicationInput,
    ) -> S3Result<DeleteBucketReplicationOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(DeleteBucketReplicationOutput {})
    }
}
