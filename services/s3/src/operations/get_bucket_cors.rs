//! Says that a bucket has no rules for other origins.

use std::sync::Arc;

use s3s::dto::{GetBucketCorsInput, GetBucketCorsOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says that a bucket has no rules for other origins.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketCors;

impl Operation for GetBucketCors {
    const NAME: &'static str = "GetBucketCors";
    type Input = GetBucketCorsInput;
    type Output = GetBucketCorsOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketCorsInput) -> S3Result<GetBucketCorsOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let sentence = "The CORS configuration does not exist";
        Err(errors::not_set(S3ErrorCode::NoSuchCORSConfiguration, sentence, &bucket.name))
    }
}
