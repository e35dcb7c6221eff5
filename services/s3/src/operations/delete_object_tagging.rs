//! Removes an object's tags.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteObjectTaggingInput, DeleteObjectTaggingOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, storing};

/// Removes an object's tags.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html>
pub(crate) struct DeleteObjectTagging;

impl Operation for DeleteObjectTagging {
    const NAME: &'static str = "DeleteObjectTagging";
    type Input = DeleteObjectTaggingInput;
    type Output = DeleteObjectTaggingOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteObjectTaggingInput) -> S3Result<DeleteObjectTaggingOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;

        let version = s3.retag(&bucket, input.key, input.version_id, Vec::new()).await?;
        Ok(DeleteObjectTaggingOutput { version_id: storing::told_id(&bucket, &version) })
    }
}
