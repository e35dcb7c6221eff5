//! Deletes an object, or one version of it.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteObjectInput, DeleteObjectOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Deletes an object, or one version of it.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>
///
/// Differs from AWS: no deletion with multi-factor authentication, no condition on the deletion of a version.
pub(crate) struct DeleteObject;

impl Operation for DeleteObject {
    const NAME: &'static str = "DeleteObject";
    type Input = DeleteObjectInput;
    type Output = DeleteObjectOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: DeleteObjectInput) -> S3Result<DeleteObjectOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        if input.mfa.is_some() {
            return Err(errors::not_implemented("Deletion with multi-factor authentication"));
        }
        if input.if_match_size.is_some() || input.if_match_last_modified_time.is_some() {
            return Err(errors::not_implemented("Deletion on conditions of size or time"));
        }
        let Some(id) = input.version_id else {
            let marker = s3.delete_current(&bucket.name, &bucket.owner, &input.key, input.if_match).await?;
            return Ok(DeleteObjectOutput {
                delete_marker: marker.is_some().then_some(true),
                version_id: marker.map(|marker| marker.shown_id()),
                request_charged: None,
            });
        };
        if input.if_match.is_some() {
            return Err(errors::not_implemented("Deletion of a version on a condition"));
        }
        let removed = s3.delete_version(&bucket.name, &bucket.owner, &input.key, &id).await?;
        let was_marker = removed.is_some_and(|version| version.object.is_none());
        Ok(DeleteObjectOutput {
            delete_marker: was_marker.then_some(true),
            version_id: Some(id),
            request_charged: None,
        })
    }
}
