//! Says that a bucket notifies nobody.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{GetBucketNotificationConfigurationInput, GetBucketNotificationConfigurationOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Says that a bucket notifies nobody.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketNotificationConfiguration;

impl Operation for GetBucketNotificationConfiguration {
    const NAME: &'static str = "GetBucketNotificationConfiguration";
    type Input = GetBucketNotificationConfigurationInput;
    type Output = GetBucketNotificationConfigurationOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: GetBucketNotificationConfigurationInput,
    ) -> S3Result<GetBucketNotificationConfigurationOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(GetBucketNotificationConfigurationOutput::default())
    }
}
