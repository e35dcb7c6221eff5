//! Replaces a bucket's lifecycle rules.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{PutBucketLifecycleConfigurationInput, PutBucketLifecycleConfigurationOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors, lifecycle};

/// Replaces a bucket's lifecycle rules.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html>
///
/// Differs from AWS: transitions are refused, since there is one storage class; rules are carried out as soon as they
/// are due and not within a day or two.
pub(crate) struct PutBucketLifecycleConfiguration;

impl Operation for PutBucketLifecycleConfiguration {
    const NAME: &'static str = "PutBucketLifecycleConfiguration";
    type Input = PutBucketLifecycleConfigurationInput;
    type Output = PutBucketLifecycleConfigurationOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: PutBucketLifecycleConfigurationInput,
    ) -> S3Result<PutBucketLifecycleConfigurationOutput> {
        let configuration = input.lifecycle_configuration.ok_or_else(errors::malformed_xml)?;
        let rules = lifecycle::of_wire(configuration, || lifecycle::name(&s3.host))?;
        let text = lifecycle::stored(&rules);
        s3.change_bucket(&call, &input.bucket, input.expected_bucket_owner, move |bucket| {
            bucket.settings.insert(lifecycle::SETTING.to_owned(), text.clone());
            Ok(())
        })
        .await?;
        s3.sweeps.wake();
        Ok(PutBucketLifecycleConfigurationOutput::default())
    }
}
