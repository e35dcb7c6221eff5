//! Says that a bucket has no second endpoint.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{GetBucketAccelerateConfigurationInput, GetBucketAccelerateConfigurationOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Says that a bucket has no second endpoint.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAccelerateConfiguration.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketAccelerateConfiguration;

impl Operation for GetBucketAccelerateConfiguration {
    const NAME: &'static str = "GetBucketAccelerateConfiguration";
    type Input = GetBucketAccelerateConfigurationInput;
    type Output = GetBucketAccelerateConfigurationOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: GetBucketAccelerateConfigurationInput,
    ) -> S3Result<GetBucketAccelerateConfigurationOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(GetBucketAccelerateConfigurationOutput::default())
    }
}
