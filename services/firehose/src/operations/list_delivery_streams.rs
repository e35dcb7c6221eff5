//! `ListDeliveryStreams`.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::shapes::DeliveryStreamType;
use crate::{Firehose, limits, shapes};

/// Lists the delivery streams of the account in the region by name, a page at a time.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListDeliveryStreams.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListDeliveryStreams {
    limit: Option<i32>,
    delivery_stream_type: Option<Lenient<DeliveryStreamType>>,
    exclusive_start_delivery_stream_name: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListDeliveryStreamsOutput {
    delivery_stream_names: Vec<String>,
    has_more_delivery_streams: bool,
}

impl Operation for ListDeliveryStreams {
    const NAME: &'static str = "ListDeliveryStreams";
    type Service = Firehose;
    type Output = ListDeliveryStreamsOutput;

    fn constraints(&self, check: &mut Constraints) {
        check.member("limit", &self.limit).range(1..=10_000);
        check.member("deliveryStreamType", &self.delivery_stream_type).known();
        let start = &self.exclusive_start_delivery_stream_name;
        shapes::named_stream(check, "exclusiveStartDeliveryStreamName", start);
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<ListDeliveryStreamsOutput, ServiceError> {
        let begun = firehose.host.monotonic();
        firehose.admit(call, Self::NAME)?;
        let count_max = self.limit.map_or(limits::LIST_STREAMS_DEFAULT, |limit| limit.unsigned_abs() as usize);
        let after = self.exclusive_start_delivery_stream_name.as_deref();
        let kind = self.delivery_stream_type.map(|kind| kind.known());
        let wanted = |record: &crate::stream::DeliveryStream| kind.is_none_or(|kind| record.source.kind() == kind);
        // One more than fits tells whether more follow.
        let views = firehose.views_after(call, after, count_max + 1, wanted).await?;
        firehose.list_latency.add(firehose.host.monotonic().saturating_sub(begun));
        Ok(ListDeliveryStreamsOutput {
            has_more_delivery_streams: views.len() > count_max,
            delivery_stream_names: views.iter().take(count_max).map(|view| view.record.name.clone()).collect(),
        })
    }
}
