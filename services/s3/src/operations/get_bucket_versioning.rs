//! Answers whether a bucket keeps old versions.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{BucketVersioningStatus, GetBucketVersioningInput, GetBucketVersioningOutput};

use super::Operation;
use crate::S3;
use crate::bucket::Versioning;
use crate::call::Call;

/// Answers whether a bucket keeps old versions.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html>
pub(crate) struct GetBucketVersioning;

impl Operation for GetBucketVersioning {
    const NAME: &'static str = "GetBucketVersioning";
    type Input = GetBucketVersioningInput;
    type Output = GetBucketVersioningOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketVersioningInput) -> S3Result<GetBucketVersioningOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let status = match bucket.versioning {
            Versioning::Unversioned => None,
            Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
            Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
        };
        Ok(GetBucketVersioningOutput { status: status.map(BucketVersioningStatus::from_static), mfa_delete: None })
    }
}
