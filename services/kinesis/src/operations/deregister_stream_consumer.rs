//! DeregisterStreamConsumer.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::Deserialize;

use crate::{Kinesis, consumer, errors, shapes};

/// Removes a consumer. It is DELETING for a moment, then gone; its subscriptions end.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeregisterStreamConsumer.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeregisterStreamConsumer {
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    consumer_name: Option<String>,
    #[serde(rename = "ConsumerARN")]
    consumer_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for DeregisterStreamConsumer {
    const NAME: &'static str = "DeregisterStreamConsumer";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_arn(check, &self.stream_arn);
        consumer::name(check, &self.consumer_name);
        consumer::arn(check, &self.consumer_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        let found = kinesis.find_consumer(call, &self.stream_arn, &self.consumer_name, &self.consumer_arn).await?;
        let (view, consumer) = found;
        kinesis.admit_stream(call, Self::NAME, view.name())?;
        let (now_ms, settled_ms) = (kinesis.now_ms(), kinesis.now_ms() + kinesis.settings.transition_ms());
        let change = kinesis.change_stream(&view, call, |current, record| {
            let mut consumers = record.consumers.iter_mut();
            let same = consumers.find(|one| one.name == consumer.name && one.created_s == consumer.created_s);
            let same = same.filter(|one| !one.is_gone(now_ms));
            let same = same.ok_or_else(|| errors::consumer_not_found(&consumer.name, current.name(), call))?;
            if !same.is_deleting {
                (same.is_deleting, same.settled_ms) = (true, settled_ms);
            }
            Ok(log::Alteration::default())
        });
        let changed = change.await?;
        kinesis.due.at(settled_ms, &changed.stream.name);
        Ok(())
    }
}
