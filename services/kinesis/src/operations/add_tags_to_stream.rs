//! AddTagsToStream.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::tags::{Bearer, Tags};
use crate::{Kinesis, shapes, tags};

/// Adds tags to a stream, or gives them new values.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AddTagsToStream {
    stream_name: Option<String>,
    tags: Required<Tags>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for AddTagsToStream {
    const NAME: &'static str = "AddTagsToStream";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        tags::check_map(&mut check.member("tags", &self.tags));
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let name = crate::arn::address(call, &self.stream_name, &self.stream_arn)?;
        tags::require_addable(&self.tags, Bearer::Stream(&name), call)?;
        let view = kinesis.view(call, &name).await?;
        let change = kinesis.change_stream(&view, call, |current, record| {
            tags::add(&mut record.tags, &self.tags, Bearer::Stream(current.name()), call)?;
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
