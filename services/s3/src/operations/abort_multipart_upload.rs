//! Ends an upload and all its parts.

use std::sync::Arc;

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};
use s3s::S3Result;
use s3s::dto::{AbortMultipartUploadInput, AbortMultipartUploadOutput};

/// Ends an upload and all its parts.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>
pub(crate) struct AbortMultipartUpload;

impl Operation for AbortMultipartUpload {
    const NAME: &'static str = "AbortMultipartUpload";
    type Input = AbortMultipartUploadInput;
    type Output = AbortMultipartUploadOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: AbortMultipartUploadInput) -> S3Result<AbortMultipartUploadOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        if input.if_match_initiated_time.is_some() {
            return Err(errors::not_implemented("Abortion on the condition of a time"));
        }
        s3.abort_upload(&bucket.name, &input.key, &input.upload_id).await?;
        Ok(AbortMultipartUploadOutput { request_charged: None })
    }
}
