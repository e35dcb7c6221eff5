//! Answers a bucket's tags.

use std::sync::Arc;

use s3s::dto::{GetBucketTaggingInput, GetBucketTaggingOutput};
use s3s::{S3ErrorCode, S3Result};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors, tags};

/// Answers a bucket's tags.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html>
pub(crate) struct GetBucketTagging;

impl Operation for GetBucketTagging {
    const NAME: &'static str = "GetBucketTagging";
    type Input = GetBucketTaggingInput;
    type Output = GetBucketTaggingOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetBucketTaggingInput) -> S3Result<GetBucketTaggingOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        if bucket.tags.is_empty() {
            return Err(errors::not_set(S3ErrorCode::NoSuchTagSet, "The TagSet does not exist", &bucket.name));
        }
        Ok(GetBucketTaggingOutput { tag_set: tags::to_set(&bucket.tags) })
    }
}
