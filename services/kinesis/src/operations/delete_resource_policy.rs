//! DeleteResourcePolicy.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::{Kinesis, errors, resource, shapes};

/// Detaches the policy from a stream or consumer.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteResourcePolicy.html>
///
/// Differs from AWS: queues and channels are not implemented.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteResourcePolicy {
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    stream_id: Option<String>,
}

impl Operation for DeleteResourcePolicy {
    const NAME: &'static str = "DeleteResourcePolicy";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        resource::resource_arn(check, &self.resource_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        let resource = kinesis.find_resource(call, &self.resource_arn).await?;
        let change = kinesis.change_stream(&resource.view, call, |_, record| {
            let policy = resource.policy(record, call)?.take();
            policy.ok_or_else(|| errors::no_policy(&self.resource_arn))?;
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
