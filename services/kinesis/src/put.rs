//! The way of records into shards: route, limit, append. What PutRecord and PutRecords share.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws::{Call, ServiceError};
use bytes::Bytes;
use log::{Append, Appended, Condition, NewRecord};

use crate::Limits;
use crate::encryption::Sealer;
use crate::live::ShardLive;
use crate::sequence::{Digits, Numbering};
use crate::shapes::DistributionStrategy;
use crate::view::StreamView;
use crate::{Kinesis, errors, shard};

/// How often records are routed anew because their shard was closed in the meantime.
const ROUTINGS_MAX: usize = 4;

/// A record that wants in.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Empty only where the server chooses the shard.
    pub(crate) key: Bytes,
    pub(crate) data: Bytes,
    /// The explicit hash key.
    pub(crate) hash_key: Option<u128>,
}

impl Incoming {
    /// What quotas and metrics count.
    pub(crate) fn bytes(&self) -> u64 {
        (self.key.len() + self.data.len()) as u64
    }
}

/// What became of a record.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is durable.
    Written { shard: u32, number: Digits },
    /// The shard's write limit is exhausted.
    Throttled { shard: u32 },
    /// The engine could not take it.
    Failed(Arc<log::Error>),
}

/// The records of one call that go to one shard.
struct Batch {
    shard: u32,
    /// Positions in the call.
    entries: Vec<u16>,
    bytes: u64,
    live: Arc<ShardLive>,
}

/// What quotas and metrics count of the records that are durable.
pub(crate) fn durable_bytes(incoming: &[Incoming], outcomes: &[Outcome]) -> u64 {
    let durable = |(record, outcome): (&Incoming, &Outcome)| match outcome {
        Outcome::Written { .. } => record.bytes(),
        _ => 0,
    };
    incoming.iter().zip(outcomes).map(durable).sum()
}

impl Kinesis {
    /// Appends the records of one call; the outcomes stand in their order.
    pub(crate) async fn put(
        &self,
        view: &Arc<StreamView>,
        call: &Call,
        incoming: &[Incoming],
    ) -> Result<Vec<Outcome>, ServiceError> {
        let mut view = Arc::clone(view);
        let count = u16::try_from(incoming.len()).expect("a call has at most 500 records");
        let mut outcomes: Vec<Option<Outcome>> = Vec::new();
        outcomes.resize_with(incoming.len(), || None);
        let mut waiting: Vec<u16> = (0..count).collect();
        for routing in 1..=ROUTINGS_MAX {
            let mut batches = route(&view, incoming, &waiting);
            if routing == 1 {
                self.admit_writes(&view, &mut batches, incoming, &mut outcomes);
            }
            let sealer = self.sealer(&view)?;
            let appends = batches.iter().map(|batch| append_of(&view, batch, incoming, sealer.as_ref())).collect();
            let results = self.log.append(appends).await.map_err(|error| errors::stream_engine(error, &view, call))?;
            waiting.clear();
            for (batch, result) in batches.into_iter().zip(results) {
                match result {
                    Ok(appended) => note_written(&view, &batch, appended, &mut outcomes),
                    Err(log::Error::Sealed { .. }) if routing < ROUTINGS_MAX => waiting.extend(batch.entries),
                    Err(log::Error::NotFound) => return Err(errors::stream_not_found(view.name(), call)),
                    Err(error) => note_failed(&batch, error, &mut outcomes),
                }
            }
            if waiting.is_empty() {
                break;
            }
            view = self.view(call, view.name()).await?;
        }
        Ok(outcomes.into_iter().map(|outcome| outcome.expect("every record was routed and answered")).collect())
    }

    /// Takes out what the shards' limits do not let pass, and counts the rest.
    fn admit_writes(
        &self,
        view: &StreamView,
        batches: &mut Vec<Batch>,
        incoming: &[Incoming],
        outcomes: &mut [Option<Outcome>],
    ) {
        let now = self.host.monotonic();
        let is_limited = self.settings.limits == Limits::Aws;
        for batch in &mut *batches {
            if is_limited {
                batch.admit(now, view, incoming, outcomes);
            } else {
                batch.live.flow().count_written(now, batch.bytes);
            }
        }
        batches.retain(|batch| !batch.entries.is_empty());
    }
}

impl Batch {
    /// Keeps what the shard's limit lets pass; the rest is throttled.
    fn admit(&mut self, now: Duration, view: &StreamView, incoming: &[Incoming], outcomes: &mut [Option<Outcome>]) {
        let Self { shard, entries, bytes, live } = self;
        let before = entries.len();
        let mut flow = live.flow();
        flow.writes.begin(now);
        entries.retain(|entry| {
            let size = incoming[usize::from(*entry)].bytes();
            let passes = flow.writes.admit(size);
            if !passes {
                outcomes[usize::from(*entry)] = Some(Outcome::Throttled { shard: *shard });
                *bytes -= size;
            }
            passes
        });
        flow.count_written(now, *bytes);
        drop(flow);
        let throttled = (before - entries.len()) as u64;
        if throttled > 0 {
            live.counters.write_exceeded.add(throttled);
            view.live.counters.write_exceeded.add(throttled);
        }
    }
}

/// Sorts records into batches, one for each shard.
fn route(view: &StreamView, incoming: &[Incoming], waiting: &[u16]) -> Vec<Batch> {
    // For each open shard the position of its batch.
    let mut places = vec![u16::MAX; view.open_shards().len()];
    let mut batches: Vec<Batch> = Vec::new();
    let is_auto = view.record.strategy == DistributionStrategy::Auto;
    for entry in waiting {
        let record = &incoming[usize::from(*entry)];
        let open = match record.hash_key {
            _ if is_auto => view.live.next_route.fetch_add(1, Ordering::Relaxed) % places.len(),
            Some(hash_key) => view.route_place(hash_key),
            None => view.route_place(shard::hash_of_partition_key(&record.key)),
        };
        if places[open] == u16::MAX {
            places[open] = u16::try_from(batches.len()).expect("not more batches than records");
            let shard = view.open_shards()[open].1;
            let entries = Vec::with_capacity(2 * waiting.len() / places.len() + 1);
            batches.push(Batch { shard, entries, bytes: 0, live: view.live.shard(shard) });
        }
        let batch = &mut batches[usize::from(places[open])];
        batch.entries.push(*entry);
        batch.bytes += record.bytes();
    }
    batches
}

/// What the engine shall append for a batch.
fn append_of(view: &StreamView, batch: &Batch, incoming: &[Incoming], sealer: Option<&Sealer>) -> Append {
    let shard = view.shard_id(batch.shard);
    let record = |entry: &u16| {
        let Incoming { key, data, .. } = &incoming[usize::from(*entry)];
        match sealer {
            Some(sealer) => sealer.seal(shard, key, data),
            None => NewRecord { key: key.clone(), value: data.clone(), headers: Vec::new() },
        }
    };
    Append { shard, records: batch.entries.iter().map(record).collect(), condition: Condition::None }
}

fn note_written(view: &StreamView, batch: &Batch, appended: Appended, outcomes: &mut [Option<Outcome>]) {
    let mut numbering = Numbering::new(view.created_s_of(batch.shard), batch.shard);
    for (offset, entry) in (appended.first_offset..).zip(&batch.entries) {
        let number = numbering.at(offset, appended.arrival_ms / 1000);
        outcomes[usize::from(*entry)] = Some(Outcome::Written { shard: batch.shard, number });
    }
    view.count_written(&batch.live, batch.bytes, batch.entries.len() as u64);
}

impl StreamView {
    /// Counts what became durable in a shard.
    pub(crate) fn count_written(&self, shard: &ShardLive, bytes: u64, records: u64) {
        for (incoming_bytes, incoming_records) in [
            (&shard.counters.incoming_bytes, &shard.counters.incoming_records),
            (&self.live.counters.incoming_bytes, &self.live.counters.incoming_records),
        ] {
            incoming_bytes.add(bytes);
            incoming_records.add(records);
        }
    }
}

fn note_failed(batch: &Batch, error: log::Error, outcomes: &mut [Option<Outcome>]) {
    let error = Arc::new(error);
    tracing::warn!(shard = batch.shard, records = batch.entries.len(), %error, "records were not written");
    for entry in &batch.entries {
        outcomes[usize::from(*entry)] = Some(Outcome::Failed(Arc::clone(&error)));
    }
}
