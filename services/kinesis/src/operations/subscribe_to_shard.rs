//! `SubscribeToShard`.

use std::sync::Arc;

use aws::{Call, Constraints, EventStream, Lenient, Required, ServiceError, StreamOperation, Timestamp};
use serde::Deserialize;

use crate::Limits;
use crate::consumer::ConsumerStatus;
use crate::fan_out::{Push, SubscribeToShardEvent};
use crate::position::Start;
use crate::shapes::ShardIteratorType;
use crate::subscription::Refused;
use crate::{Kinesis, consumer, errors, shapes};

/// Pushes a shard's records to an enhanced fan-out consumer for up to five minutes.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html>
///
/// Differs from AWS: also answers in CBOR, where AWS answers 500.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SubscribeToShard {
    #[serde(rename = "ConsumerARN")]
    consumer_arn: Required<String>,
    stream_id: Option<String>,
    shard_id: Required<String>,
    starting_position: Required<StartingPosition>,
    dry_run: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct StartingPosition {
    #[serde(rename = "Type")]
    kind: Required<Lenient<ShardIteratorType>>,
    sequence_number: Option<String>,
    timestamp: Option<Timestamp>,
}

impl StreamOperation for SubscribeToShard {
    const NAME: &'static str = "SubscribeToShard";
    type Service = Kinesis;
    type Event = SubscribeToShardEvent;

    fn constraints(&self, check: &mut Constraints) {
        consumer::arn_required(check, &self.consumer_arn);
        shapes::stream_id(check, &self.stream_id);
        shapes::shard_id(check, "shardId", &self.shard_id);
        check.member("startingPosition", &self.starting_position);
        if let Some(position) = self.starting_position.get() {
            check.nested("startingPosition", |check| {
                check.member("type", &position.kind).known();
                shapes::sequence_number(check, "sequenceNumber", &position.sequence_number);
            });
        }
    }

    async fn open(
        self,
        kinesis: &Arc<Kinesis>,
        call: &Call,
    ) -> Result<EventStream<SubscribeToShardEvent>, ServiceError> {
        let (view, consumer) = kinesis.find_consumer_by_arn(call, &self.consumer_arn).await?;
        let status = consumer.status(kinesis.now_ms());
        if status != ConsumerStatus::Active {
            return Err(errors::consumer_not_active(&consumer.name, view.name(), status, call));
        }
        view.require_usable(kinesis.now_ms(), call)?;
        let shard = view.shard(&self.shard_id, call)?;
        let StartingPosition { kind, sequence_number, timestamp } = &*self.starting_position;
        let start = Start { kind: kind.known(), number: sequence_number.as_deref(), timestamp: *timestamp };
        let next = kinesis.begin_at(&view, shard, start, Self::NAME, call).await?;
        if self.dry_run == Some(true) {
            return Err(errors::dry_run(Self::NAME));
        }
        let index = shard.id.index;
        let counters = view.live.consumer(&consumer.name);
        let holder = format!("{}:{}", consumer.name, consumer.created_s);
        let is_limited = kinesis.settings.limits == Limits::Aws;
        let begun = view.live.subscriptions.begin(&holder, index, kinesis.host.monotonic(), is_limited);
        let subscription = begun.map_err(|refused| {
            counters.subscribe_rate_exceeded.add(1);
            match refused {
                Refused::TooOften => errors::subscribed_too_often(&self.consumer_arn, index),
                Refused::InUse => errors::subscription_in_use(&consumer.name, &view, index, call),
            }
        })?;
        counters.subscribe_success.add(1);
        let (kinesis, call) = (Arc::clone(kinesis), call.clone());
        Ok(Push { kinesis, call, view, consumer, shard: index, next, subscription }.events())
    }
}
