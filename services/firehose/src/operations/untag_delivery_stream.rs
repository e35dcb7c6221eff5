//! `UntagDeliveryStream`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::Firehose;
use crate::shapes::{self, Empty, tag};

/// Removes tags from a delivery stream; keys that it does not have are passed over.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_UntagDeliveryStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UntagDeliveryStream {
    delivery_stream_name: Required<String>,
    tag_keys: Required<Vec<String>>,
}

impl Operation for UntagDeliveryStream {
    const NAME: &'static str = "UntagDeliveryStream";
    type Service = Firehose;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        tag::check_keys(check, &self.tag_keys);
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<Empty, ServiceError> {
        firehose.admit(call, Self::NAME)?;
        let view = firehose.view(call, &self.delivery_stream_name).await?;
        let change = firehose.change_stream(&view, call, |record| {
            record.tags.retain(|key, _| !self.tag_keys.contains(key));
            Ok(())
        });
        change.await?;
        Ok(Empty {})
    }
}
