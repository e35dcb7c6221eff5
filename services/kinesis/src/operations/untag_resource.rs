//! UntagResource.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::tags::Bearer;
use crate::{Kinesis, resource, shapes, tags};

/// Removes tags from a stream or consumer; keys it does not have are no mistake.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UntagResource.html>
///
/// Differs from AWS: queues and channels are not implemented.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UntagResource {
    tag_keys: Required<Vec<String>>,
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    stream_id: Option<String>,
}

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        tags::check_keys(check, &self.tag_keys);
        resource::resource_arn(check, &self.resource_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        tags::require_removable(&self.tag_keys, Bearer::Resource(&self.resource_arn), call)?;
        let resource = kinesis.find_resource(call, &self.resource_arn).await?;
        let change = kinesis.change_stream(&resource.view, call, |_, record| {
            resource.tags(record, call)?.retain(|key, _| !self.tag_keys.contains(key));
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
