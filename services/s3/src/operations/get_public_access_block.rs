//! Says that a bucket has no settings about public access.

use std::sync::Arc;

use s3s::dto::{GetPublicAccessBlockInput, GetPublicAccessBlockOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Says that a bucket has no settings about public access.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html>
///
/// Differs from AWS: AWS blocks public access to new buckets; here only the owner has access, and there are no settings about it.
pub(crate) struct GetPublicAccessBlock;

impl Operation for GetPublicAccessBlock {
    const NAME: &'static str = "GetPublicAccessBlock";
    type Input = GetPublicAccessBlockInput;
    type Output = GetPublicAccessBlockOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetPublicAccessBlockInput) -> S3Result<GetPublicAccessBlockOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let sentence = "The public access block configuration was not found";
        Err(errors::not_set(S3ErrorCode::Custom("NoSuchPublicAccessBlockConfiguration".into()), sentence, &bucket.name))
    }
}
