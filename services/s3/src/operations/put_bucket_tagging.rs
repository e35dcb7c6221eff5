//! Replaces a bucket's tags.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{PutBucketTaggingInput, PutBucketTaggingOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, limits, tags};

/// Replaces a bucket's tags.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html>
pub(crate) struct PutBucketTagging;

impl Operation for PutBucketTagging {
    const NAME: &'static str = "PutBucketTagging";
    type Input = PutBucketTaggingInput;
    type Output = PutBucketTaggingOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: PutBucketTaggingInput) -> S3Result<PutBucketTaggingOutput> {
        let sentence = "Bucket tag count cannot be greater than 50";
        let tags = tags::of_set(input.tagging, limits::BUCKET_TAG_COUNT_MAX, sentence)?;
        s3.change_bucket(&call, &input.bucket, input.expected_bucket_owner, move |bucket| {
            bucket.tags.clone_from(&tags);
            Ok(())
        })
        .await?;
        Ok(PutBucketTaggingOutput {})
    }
}
