//! Answers an object's tags.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{GetObjectTaggingInput, GetObjectTaggingOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, storing, tags};

/// Answers an object's tags.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html>
pub(crate) struct GetObjectTagging;

impl Operation for GetObjectTagging {
    const NAME: &'static str = "GetObjectTagging";
    type Input = GetObjectTaggingInput;
    type Output = GetObjectTaggingOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: GetObjectTaggingInput) -> S3Result<GetObjectTaggingOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;

        let located = s3.locate(&input.bucket, &input.key, input.version_id.as_deref())?;
        let object = located.object(&input.key, input.version_id.is_some())?;
        Ok(GetObjectTaggingOutput {
            tag_set: tags::to_set(&object.tags),
            version_id: storing::told_id(&bucket, &located.version),
        })
    }
}
