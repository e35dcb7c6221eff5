//! GetResourcePolicy.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::{Kinesis, resource, shapes};

/// What AWS answers where no policy is attached.
const NO_POLICY: &str = "{}";

/// Answers the policy of a stream or consumer.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetResourcePolicy.html>
///
/// Differs from AWS: queues and channels are not implemented.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct GetResourcePolicy {
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    stream_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetResourcePolicyOutput {
    policy: String,
}

impl Operation for GetResourcePolicy {
    const NAME: &'static str = "GetResourcePolicy";
    type Service = Kinesis;
    type Output = GetResourcePolicyOutput;

    fn constraints(&self, check: &mut Constraints) {
        resource::resource_arn(check, &self.resource_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<GetResourcePolicyOutput, ServiceError> {
        let resource = kinesis.find_resource(call, &self.resource_arn).await?;
        let mut record = resource.view.record.clone();
        let policy = resource.policy(&mut record, call)?.take();
        Ok(GetResourcePolicyOutput { policy: policy.unwrap_or_else(|| NO_POLICY.to_owned()) })
    }
}
