//! Answers a bucket's lifecycle rules.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{GetBucketLifecycleConfigurationInput, GetBucketLifecycleConfigurationOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, lifecycle};

/// Answers a bucket's lifecycle rules.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html>
pub(crate) struct GetBucketLifecycleConfiguration;

impl Operation for GetBucketLifecycleConfiguration {
    const NAME: &'static str = "GetBucketLifecycleConfiguration";
    type Input = GetBucketLifecycleConfigurationInput;
    type Output = GetBucketLifecycleConfigurationOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: GetBucketLifecycleConfigurationInput,
    ) -> S3Result<GetBucketLifecycleConfigurationOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let rules = lifecycle::of_bucket(&bucket)?.ok_or_else(|| lifecycle::not_set(&bucket.name))?;
        let rules = rules.iter().map(lifecycle::to_wire).collect();
        Ok(GetBucketLifecycleConfigurationOutput { rules: Some(rules), ..Default::default() })
    }
}
