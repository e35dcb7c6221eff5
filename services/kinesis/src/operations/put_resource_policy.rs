//! PutResourcePolicy.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{Kinesis, errors, limits, resource, shapes};

/// Attaches a policy to a stream or consumer.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html>
///
/// Differs from AWS: policies are stored, not enforced; they must be JSON objects, their statements
/// are not checked. Queues and channels are not implemented.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PutResourcePolicy {
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    stream_id: Option<String>,
    policy: Required<String>,
}

impl Operation for PutResourcePolicy {
    const NAME: &'static str = "PutResourcePolicy";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        resource::resource_arn(check, &self.resource_arn);
        shapes::stream_id(check, &self.stream_id);
        check.member("policy", &self.policy);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        if self.policy.chars().count() > limits::POLICY_CHARS_MAX {
            return Err(errors::policy_too_long(limits::POLICY_CHARS_MAX));
        }
        if serde_json::from_str::<BTreeMap<String, IgnoredAny>>(&self.policy).is_err() {
            return Err(errors::policy_is_not_json());
        }
        let resource = kinesis.find_resource(call, &self.resource_arn).await?;
        let change = kinesis.change_stream(&resource.view, call, |_, record| {
            *resource.policy(record, call)? = Some((*self.policy).clone());
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
