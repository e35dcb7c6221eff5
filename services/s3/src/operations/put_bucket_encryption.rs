//! Says how new objects of a bucket are encrypted.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{PutBucketEncryptionInput, PutBucketEncryptionOutput};

use super::Operation;
use crate::call::Call;
use crate::encryption::{self, Wanted};
use crate::{S3, errors};

/// Says how new objects of a bucket are encrypted whose requests do not.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html>
///
/// Differs from AWS: `AES256` and `aws:kms` only.
pub(crate) struct PutBucketEncryption;

impl Operation for PutBucketEncryption {
    const NAME: &'static str = "PutBucketEncryption";
    type Input = PutBucketEncryptionInput;
    type Output = PutBucketEncryptionOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: PutBucketEncryptionInput) -> S3Result<PutBucketEncryptionOutput> {
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let mut rules = input.server_side_encryption_configuration.rules.into_iter();
        let (Some(rule), None) = (rules.next(), rules.next()) else { return Err(errors::malformed_xml()) };
        let default = rule.apply_server_side_encryption_by_default.ok_or_else(errors::malformed_xml)?;
        let wanted = Wanted {
            algorithm: Some(default.sse_algorithm.as_str().to_owned()),
            key: default.kms_master_key_id,
            bucket_key: rule.bucket_key_enabled,
            has_context: false,
        };
        let wanted = wanted.checked()?;
        // The key is there and usable.
        s3.encryption(&call, &bucket, wanted.clone()).await?;
        let setting = serde_json::to_string(&wanted).map_err(errors::internal)?;
        s3.change_bucket(&call, &input.bucket, input.expected_bucket_owner, move |bucket| {
            bucket.settings.insert(encryption::SETTING.to_owned(), setting.clone());
            Ok(())
        })
        .await?;
        Ok(PutBucketEncryptionOutput {})
    }
}
