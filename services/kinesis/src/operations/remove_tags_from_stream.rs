//! RemoveTagsFromStream.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::tags::Bearer;
use crate::{Kinesis, shapes, tags};

/// Removes tags from a stream; keys it does not have are no mistake.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RemoveTagsFromStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RemoveTagsFromStream {
    stream_name: Option<String>,
    tag_keys: Required<Vec<String>>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for RemoveTagsFromStream {
    const NAME: &'static str = "RemoveTagsFromStream";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        tags::check_keys(check, &self.tag_keys);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let name = crate::arn::address(call, &self.stream_name, &self.stream_arn)?;
        tags::require_removable(&self.tag_keys, Bearer::Stream(&name), call)?;
        let view = kinesis.view(call, &name).await?;
        let change = kinesis.change_stream(&view, call, |_, record| {
            record.tags.retain(|key, _| !self.tag_keys.contains(key));
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
