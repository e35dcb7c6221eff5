//! TagResource.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::tags::{Bearer, Tags};
use crate::{Kinesis, resource, shapes, tags};

/// Adds tags to a stream or consumer, or gives them new values.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_TagResource.html>
///
/// Differs from AWS: queues and channels are not implemented.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct TagResource {
    tags: Required<Tags>,
    #[serde(rename = "ResourceARN")]
    resource_arn: Required<String>,
    stream_id: Option<String>,
}

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        tags::check_map(&mut check.member("tags", &self.tags));
        resource::resource_arn(check, &self.resource_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        let bearer = Bearer::Resource(&self.resource_arn);
        tags::require_addable(&self.tags, bearer, call)?;
        let resource = kinesis.find_resource(call, &self.resource_arn).await?;
        let change = kinesis.change_stream(&resource.view, call, |_, record| {
            tags::add(resource.tags(record, call)?, &self.tags, bearer, call)?;
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
