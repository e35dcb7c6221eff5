//! ListTagsForResource.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::tags::Tag;
use crate::{Kinesis, resource, shapes, tags};

/// Lists the tags of a stream or consumer.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForResource.html>
///
/// Differs from AWS: queues and channels are not implemented.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListTagsForResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    stream_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListTagsForResourceOutput {
    tags: Vec<Tag>,
}

impl Operation for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    type Service = Kinesis;
    type Output = ListTagsForResourceOutput;

    fn constraints(&self, check: &mut Constraints) {
        resource::resource_arn(check, &self.resource_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<ListTagsForResourceOutput, ServiceError> {
        let resource = kinesis.find_resource(call, &self.resource_arn).await?;
        let mut record = resource.view.record.clone();
        Ok(ListTagsForResourceOutput { tags: tags::list(resource.tags(&mut record, call)?) })
    }
}
