//! Says that a bucket has no policy.

use std::sync::Arc;

use s3s::dto::{GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says that a bucket has no policy.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html>
///
/// Differs from AWS: it can never be set.
pub(crate) struct GetBucketPolicyStatus;

impl Operation for GetBucketPolicyStatus {
    const NAME: &'static str = "GetBucketPolicyStatus";
    type Input = GetBucketPolicyStatusInput;
    type Output = GetBucketPolicyStatusOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketPolicyStatusInput) -> S3Result<GetBucketPolicyStatusOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let sentence = "The bucket policy does not exist";
        Err(errors::not_set(S3ErrorCode::NoSuchBucketPolicy, sentence, &bucket.name))
    }
}
