//! Says that a bucket has no policy.

use std::sync::Arc;

use s3s::dto::{GetBucketPolicyInput, GetBucketPolicyOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says that a bucket has no policy.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketPolicy;

impl Operation for GetBucketPolicy {
    const NAME: &'static str = "GetBucketPolicy";
    type Input = GetBucketPolicyInput;
    type Output = GetBucketPolicyOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketPolicyInput) -> S3Result<GetBucketPolicyOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let sentence = "The bucket policy does not exist";
        Err(errors::not_set(S3ErrorCode::NoSuchBucketPolicy, sentence, &bucket.name))
    }
}
