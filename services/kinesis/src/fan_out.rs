//! Enhanced fan-out: pushing a shard's records to one consumer as they become durable.
//!
//! A subscription is a stream that is polled by the connection that writes it, so a slow reader holds one event in
//! memory and nothing more.

use std::sync::Arc;
use std::time::Duration;

use aws::{Call, Event, EventStream, ServiceError};
use futures::StreamExt;
use futures::stream::unfold;
use log::{ReadLimits, RecordBatches};
use serde::Serialize;
use tokio::sync::watch;

use crate::consumer::ConsumerStatus;
use crate::metrics::ConsumerCounters;
use crate::records::{ChildShard, Records, has_ended};
use crate::sequence::SequenceNumber;
use crate::shapes::StreamStatus;
use crate::stream::Consumer;
use crate::subscription::Subscription;
use crate::view::StreamView;
use crate::{Kinesis, errors, limits};

const HEARTBEAT: Duration = Duration::from_millis(limits::HEARTBEAT_MS);

/// Records, or the news that there are none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SubscribeToShardEvent {
    records: Records,
    /// Where to go on; absent in the last event of a closed shard.
    #[serde(skip_serializing_if = "Option::is_none")]
    continuation_sequence_number: Option<SequenceNumber>,
    millis_behind_latest: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    child_shards: Vec<ChildShard>,
}

impl Event for SubscribeToShardEvent {
    fn event_type(&self) -> &'static str {
        "SubscribeToShardEvent"
    }
}

/// A subscription at work.
pub(crate) struct Push {
    pub(crate) kinesis: Arc<Kinesis>,
    pub(crate) call: Call,
    pub(crate) view: Arc<StreamView>,
    pub(crate) consumer: Consumer,
    pub(crate) shard: u32,
    /// The offset to push next.
    pub(crate) next: u64,
    pub(crate) subscription: Subscription,
}

/// What goes on between two events.
struct Pushing {
    push: Push,
    version: watch::Receiver<u64>,
    counters: Arc<ConsumerCounters>,
    /// By the monotonic clock.
    ends_at: Duration,
    /// When the last event went out; `None` before the first.
    pushed_at: Option<Duration>,
}

impl Push {
    /// The events, until the subscription's life is over.
    pub(crate) fn events(self) -> EventStream<SubscribeToShardEvent> {
        let ends_at = self.kinesis.host.monotonic() + Duration::from_millis(limits::SUBSCRIPTION_MS);
        let version = self.view.live.version.subscribe();
        let counters = self.view.live.consumer(&self.consumer.name);
        let pushing = Pushing { push: self, version, counters, ends_at, pushed_at: None };
        let next = async |pushing: Option<Pushing>| {
            let mut pushing = pushing?;
            match pushing.next_event().await {
                Ok(Some(event)) => {
                    let is_last = event.continuation_sequence_number.is_none();
                    Some((Ok(event), (!is_last).then_some(pushing)))
                }
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        };
        unfold(Some(pushing), next).boxed()
    }
}

impl Pushing {
    /// The next event; `None` when the subscription's life is over.
    async fn next_event(&mut self) -> Result<Option<SubscribeToShardEvent>, ServiceError> {
        loop {
            let now = self.push.kinesis.host.monotonic();
            let left = self.ends_at.saturating_sub(now);
            if left.is_zero() {
                return Ok(None);
            }
            self.version.mark_unchanged();
            self.look_again().await?;
            let pace = self.push.subscription.wait(now);
            if !pace.is_zero() {
                self.rest(pace.min(left)).await?;
                continue;
            }
            let silent_for = self.pushed_at.map_or(HEARTBEAT, |pushed_at| now.saturating_sub(pushed_at));
            let wait = HEARTBEAT.saturating_sub(silent_for).min(left);
            let Some(batches) = self.read(wait).await? else { continue };
            let bounds = batches.bounds.expect("a read tells the shard's bounds");
            let is_due = self.push.kinesis.host.monotonic().saturating_sub(now) >= wait;
            if !batches.is_empty() || has_ended(batches.next, &bounds) || is_due {
                return self.event(batches).await.map(Some);
            }
        }
    }

    /// Refuses once the stream or the consumer is gone.
    async fn look_again(&mut self) -> Result<(), ServiceError> {
        let Push { kinesis, call, view, consumer, .. } = &mut self.push;
        let now_ms = kinesis.now_ms();
        let current = kinesis.view_by_key(&view.stream.name).await?;
        let current = current
            .filter(|current| current.stream.id == view.stream.id && current.status(now_ms) != StreamStatus::Deleting);
        *view = current.ok_or_else(|| errors::stream_not_found(view.name(), call))?;
        let known = view.record.consumer(&consumer.name, now_ms);
        let is_there = known.is_some_and(|known| {
            known.created_s == consumer.created_s && known.status(now_ms) != ConsumerStatus::Deleting
        });
        match is_there {
            true => Ok(()),
            false => Err(errors::consumer_not_found(&consumer.name, view.name(), call)),
        }
    }

    /// Lets time pass, unless another subscription takes over.
    async fn rest(&mut self, duration: Duration) -> Result<(), ServiceError> {
        let sleep = self.push.kinesis.host.sleep(duration);
        tokio::select! {
            biased;
            () = self.push.subscription.taken_over() => Err(self.taken_over()),
            () = sleep => Ok(()),
        }
    }

    /// What is there within `wait`; `None` when the stream has changed meanwhile.
    async fn read(&mut self, wait: Duration) -> Result<Option<RecordBatches>, ServiceError> {
        let Push { kinesis, call, view, shard, next, subscription, .. } = &mut self.push;
        let page = ReadLimits { records_max: limits::EVENT_RECORDS_MAX, bytes_max: limits::EVENT_BYTES_MAX };
        let wait = (!wait.is_zero()).then_some(wait);
        let read = kinesis.read_or_skip(view, *shard, *next, page, wait, call);
        tokio::select! {
            biased;
            () = subscription.taken_over() => Err(self.taken_over()),
            batches = read => batches.map(Some),
            // The sender lives as long as the view.
            _ = self.version.changed() => Ok(None),
        }
    }

    fn taken_over(&self) -> ServiceError {
        let Push { call, view, consumer, shard, .. } = &self.push;
        errors::subscription_in_use(&consumer.name, view, *shard, call)
    }

    async fn event(&mut self, batches: RecordBatches) -> Result<SubscribeToShardEvent, ServiceError> {
        let Push { kinesis, call, view, shard, next, subscription, .. } = &mut self.push;
        let bounds = batches.bounds.expect("a read tells the shard's bounds");
        let (index, now_ms) = (*shard, kinesis.now_ms());
        let shard = view.stream.shard(index);
        let shard = shard.ok_or_else(|| errors::shard_not_found(&crate::shard::name(index), view.name(), call))?;
        *next = batches.next;
        let opened = kinesis.open_records(view, shard.id, &batches).await?;
        let records = Records::new(view, shard, batches, opened);
        let is_last = has_ended(*next, &bounds);
        let child_shards = if is_last { kinesis.children_of(view, index).await? } else { Vec::new() };
        let at_ms = records.last_arrival_ms().unwrap_or(now_ms);
        let number = || SequenceNumber::of_position(view.shard_created_s(shard), index, *next, at_ms / 1000);
        let event = SubscribeToShardEvent {
            continuation_sequence_number: (!is_last).then(number),
            millis_behind_latest: records.millis_behind(now_ms, &bounds),
            child_shards,
            records,
        };
        let now = kinesis.host.monotonic();
        self.pushed_at = Some(now);
        subscription.spend(now, event.records.bytes());
        self.counters.event_bytes.add(event.records.bytes());
        self.counters.event_records.add(event.records.len());
        self.counters.event_success.add(1);
        self.counters.event_millis_behind.set(event.millis_behind_latest);
        Ok(event)
    }
}
