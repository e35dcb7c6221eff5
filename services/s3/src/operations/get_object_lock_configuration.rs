//! Says that a bucket locks no objects.

use std::sync::Arc;

use s3s::dto::{GetObjectLockConfigurationInput, GetObjectLockConfigurationOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says that a bucket locks no objects.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetObjectLockConfiguration;

impl Operation for GetObjectLockConfiguration {
    const NAME: &'static str = "GetObjectLockConfiguration";
    type Input = GetObjectLockConfigurationInput;
    type Output = GetObjectLockConfigurationOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: GetObjectLockConfigurationInput,
    ) -> S3Result<GetObjectLockConfigurationOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let sentence = "Object Lock configuration does not exist for this bucket";
        Err(errors::not_set(S3ErrorCode::ObjectLockConfigurationNotFoundError, sentence, &bucket.name))
    }
}
