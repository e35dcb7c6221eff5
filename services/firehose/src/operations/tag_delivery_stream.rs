//! `TagDeliveryStream`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::Firehose;
use crate::shapes::{self, Empty, Tag, tag};

/// Adds tags to a delivery stream, or gives them new values.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_TagDeliveryStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct TagDeliveryStream {
    delivery_stream_name: Required<String>,
    tags: Required<Vec<Tag>>,
}

impl Operation for TagDeliveryStream {
    const NAME: &'static str = "TagDeliveryStream";
    type Service = Firehose;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        tag::check_required(check, &self.tags);
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<Empty, ServiceError> {
        firehose.admit(call, Self::NAME)?;
        let view = firehose.view(call, &self.delivery_stream_name).await?;
        let change = firehose.change_stream(&view, call, |record| tag::add(&mut record.tags, &self.tags, &record.name));
        change.await?;
        Ok(Empty {})
    }
}
