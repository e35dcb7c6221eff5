//! Replaces an object's tags.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{PutObjectTaggingInput, PutObjectTaggingOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, limits, storing, tags};

/// Replaces an object's tags.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>
pub(crate) struct PutObjectTagging;

impl Operation for PutObjectTagging {
    const NAME: &'static str = "PutObjectTagging";
    type Input = PutObjectTaggingInput;
    type Output = PutObjectTaggingOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: PutObjectTaggingInput) -> S3Result<PutObjectTaggingOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;

        let sentence = "Object tags cannot be greater than 10";
        let tags = tags::of_set(input.tagging, limits::OBJECT_TAG_COUNT_MAX, sentence)?;
        let version = s3.retag(&bucket, input.key, input.version_id, tags).await?;
        Ok(PutObjectTaggingOutput { version_id: storing::told_id(&bucket, &version) })
    }
}
