//! Ends the default encryption of a bucket.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{DeleteBucketEncryptionInput, DeleteBucketEncryptionOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, encryption};

/// Ends the default encryption of a bucket.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html>
///
/// Differs from AWS: AES256 is not the default of a bucket that has none.
pub(crate) struct DeleteBucketEncryption;

impl Operation for DeleteBucketEncryption {
    const NAME: &'static str = "DeleteBucketEncryption";
    type Input = DeleteBucketEncryptionInput;
    type Output = DeleteBucketEncryptionOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: DeleteBucketEncryptionInput,
    ) -> S3Result<DeleteBucketEncryptionOutput> {
        s3.change_bucket(&call, &input.bucket, input.expected_bucket_owner, |bucket| {
            bucket.settings.remove(encryption::SETTING);
            Ok(())
        })
        .await?;
        Ok(DeleteBucketEncryptionOutput {})
    }
}
