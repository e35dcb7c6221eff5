//! Says that access to a bucket is not logged.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{GetBucketLoggingInput, GetBucketLoggingOutput};

use super::Operation;
use crate::S3;
use crate::call::Call;

/// Says that access to a bucket is not logged.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLogging.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketLogging;

impl Operation for GetBucketLogging {
    const NAME: &'static str = "GetBucketLogging";
    type Input = GetBucketLoggingInput;
    type Output = GetBucketLoggingOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketLoggingInput) -> S3Result<GetBucketLoggingOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        Ok(GetBucketLoggingOutput::default())
    }
}
