//! The way of a single record into its shard: as `put` does it for many, without lists of one.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws::{Call, ServiceError};
use log::{Append, Condition, NewRecord};

use crate::Limits;
use crate::live::ShardLive;
use crate::put::{Incoming, Outcome};
use crate::sequence::Numbering;
use crate::shapes::DistributionStrategy;
use crate::view::StreamView;
use crate::{Kinesis, arn, errors, shard, stream};

impl Kinesis {
    /// The stream a request wants to write to, as it was when it was changed last. The engine is not asked: whoever
    /// changes a stream lets it be known here before anybody hears of the change, and a stream that is not there any
    /// more refuses what is appended to it.
    pub(crate) async fn find_written_stream(
        &self,
        call: &Call,
        name: &Option<String>,
        arn: &Option<String>,
        now_ms: u64,
    ) -> Result<Arc<StreamView>, ServiceError> {
        let (Some(plain), None) = (name, arn) else { return self.view(call, &arn::address(call, name, arn)?).await };
        let key = stream::engine_name(&call.account, &call.region, plain);
        let known = self.views.read().expect("no panic while held").get(&key).map(Arc::clone);
        match known.filter(|view| !view.record.is_gone(now_ms)) {
            Some(view) => Ok(view),
            None => self.view(call, plain).await,
        }
    }

    /// Appends one record.
    pub(crate) async fn put_one(
        &self,
        view: &Arc<StreamView>,
        call: &Call,
        record: &Incoming,
        now: Duration,
    ) -> Result<Outcome, ServiceError> {
        let shard = view.open_shards()[route(view, record)].1;
        let live = view.live.shard(shard);
        if !self.admit_write(view, &live, record.bytes(), now) {
            return Ok(Outcome::Throttled { shard });
        }
        let shard_id = view.shard_id(shard);
        let new = match self.sealer(view)? {
            Some(sealer) => sealer.seal(shard_id, &record.key, &record.data),
            None => NewRecord { key: record.key.clone(), value: record.data.clone(), headers: Vec::new() },
        };
        let append = Append { shard: shard_id, records: vec![new], condition: Condition::None };
        let results = self.log.append(vec![append]).await;
        let result = results.map_err(|error| errors::stream_engine(error, view, call))?.pop();
        match result.expect("one append has one result") {
            Ok(appended) => {
                view.count_written(&live, record.bytes(), 1);
                let mut numbering = Numbering::new(view.created_s_of(shard), shard);
                let number = numbering.at(appended.first_offset, appended.arrival_ms / 1000);
                Ok(Outcome::Written { shard, number })
            }
            // The shard was closed, or the stream made anew, since the view was taken.
            Err(log::Error::Sealed { .. } | log::Error::NotFound) => {
                let newer = self.view(call, view.name()).await?;
                newer.require_usable(self.now_ms(), call)?;
                let outcome = self.put(&newer, call, std::slice::from_ref(record)).await?.pop();
                Ok(outcome.expect("one record has one outcome"))
            }
            Err(error) => {
                tracing::warn!(shard, %error, "a record was not written");
                Ok(Outcome::Failed(Arc::new(error)))
            }
        }
    }

    /// Whether the shard's limit lets a record of so many bytes pass; counts it either way.
    fn admit_write(&self, view: &StreamView, live: &ShardLive, bytes: u64, now: Duration) -> bool {
        let mut flow = live.flow();
        if self.settings.limits == Limits::Aws {
            flow.writes.begin(now);
            if !flow.writes.admit(bytes) {
                drop(flow);
                live.counters.write_exceeded.add(1);
                view.live.counters.write_exceeded.add(1);
                return false;
            }
        }
        flow.count_written(now, bytes);
        true
    }
}

/// The place in [`StreamView::open_shards`] a record goes to.
fn route(view: &StreamView, record: &Incoming) -> usize {
    match record.hash_key {
        _ if view.record.strategy == DistributionStrategy::Auto => {
            view.live.next_route.fetch_add(1, Ordering::Relaxed) % view.open_shards().len()
        }
        Some(hash_key) => view.route_place(hash_key),
        None => view.route_place(shard::hash_of_partition_key(&record.key)),
    }
}
