//! Says that a bucket is not replicated.

use std::sync::Arc;

use s3s::dto::{GetBucketReplicationInput, GetBucketReplicationOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says that a bucket is not replicated.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketReplication;

impl Operation for GetBucketReplication {
    const NAME: &'static str = "GetBucketReplication";
    type Input = GetBucketReplicationInput;
    type Output = GetBucketReplicationOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketReplicationInput) -> S3Result<GetBucketReplicationOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let sentence = "The replication configuration was not found";
        Err(errors::not_set(S3ErrorCode::ReplicationConfigurationNotFoundError, sentence, &bucket.name))
    }
}
