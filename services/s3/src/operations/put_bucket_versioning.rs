//! Says whether a bucket keeps old versions.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{BucketVersioningStatus, PutBucketVersioningInput, PutBucketVersioningOutput};

use super::Operation;
use crate::bucket::Versioning;
use crate::call::Call;
use crate::{S3, errors};

/// Says whether a bucket keeps old versions.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>
///
/// Differs from AWS: no deletion with multi-factor authentication.
pub(crate) struct PutBucketVersioning;

impl Operation for PutBucketVersioning {
    const NAME: &'static str = "PutBucketVersioning";
    type Input = PutBucketVersioningInput;
    type Output = PutBucketVersioningOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: PutBucketVersioningInput) -> S3Result<PutBucketVersioningOutput> {
        let configuration = input.versioning_configuration;
        if input.mfa.is_some() || configuration.mfa_delete.is_some_and(|mfa| mfa.as_str() == "Enabled") {
            return Err(errors::not_implemented("Deletion with multi-factor authentication"));
        }
        let versioning = match configuration.status.as_ref().map(BucketVersioningStatus::as_str) {
            Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
            Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
            Some(_) => return Err(errors::malformed_xml()),
            None => {
                return Err(errors::versioning_incomplete());
            }
        };
        s3.change_bucket(&call, &input.bucket, input.expected_bucket_owner, move |bucket| {
            bucket.versioning = versioning;
            Ok(())
        })
        .await?;
        Ok(PutBucketVersioningOutput {})
    }
}
