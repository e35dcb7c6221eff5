//! Replaces what a bucket tells others about its objects.

use std::sync::Arc;

use s3s::S3Result;
use s3s::dto::{PutBucketNotificationConfigurationInput, PutBucketNotificationConfigurationOutput};

use super::Operation;
use crate::call::Call;
use crate::{S3, errors};

/// Replaces what a bucket tells others about its objects.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html>
///
/// Differs from AWS: only the empty configuration is taken, until there are queues, topics and functions to tell.
pub(crate) struct PutBucketNotificationConfiguration;

impl Operation for PutBucketNotificationConfiguration {
    const NAME: &'static str = "PutBucketNotificationConfiguration";
    type Input = PutBucketNotificationConfigurationInput;
    type Output = PutBucketNotificationConfigurationOutput;

    async fn run(
        s3: &Arc<S3>,
        call: Call,
        input: PutBucketNotificationConfigurationInput,
    ) -> S3Result<PutBucketNotificationConfigurationOutput> {
        s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        let configuration = input.notification_configuration;
        let wanted = [
            (configuration.queue_configurations.is_some_and(|all| !all.is_empty()), "an SQS queue"),
            (configuration.topic_configurations.is_some_and(|all| !all.is_empty()), "an SNS topic"),
            (configuration.lambda_function_configurations.is_some_and(|all| !all.is_empty()), "a Lambda function"),
            (configuration.event_bridge_configuration.is_some(), "EventBridge"),
        ];
        match wanted.iter().find(|(is_wanted, _)| *is_wanted) {
            Some((_, target)) => Err(errors::not_implemented(format!("Notification of {target} about objects"))),
            None => Ok(PutBucketNotificationConfigurationOutput {}),
        }
    }
}
