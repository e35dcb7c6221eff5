//! What is measured and counted of a stream while the server runs; shared by all its versions, never stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use tokio::sync::watch;

use crate::limiter::{Bucket, ReadLimit, WriteLimit};
use crate::limits;
use crate::metrics::{ConsumerCounters, ShardCounters, StreamCounters};
use crate::subscription::Subscriptions;

/// The volatile side of a stream.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// Changes of one stream take turns.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// The version of the stream that is known; subscriptions wake when it changes.
    pub(crate) version: watch::Sender<u64>,
    pub(crate) counters: StreamCounters,
    pub(crate) subscriptions: Subscriptions,
    /// Where the next record goes whose shard the server chooses.
    pub(crate) next_route: AtomicUsize,
    shards: RwLock<BTreeMap<u32, Arc<ShardLive>>>,
    consumers: RwLock<HashMap<String, Arc<ConsumerCounters>>>,
}

/// The volatile side of a shard.
#[derive(Debug, Default)]
pub(crate) struct ShardLive {
    pub(crate) counters: ShardCounters,
    flow: Mutex<Flow>,
}

/// The limits of a shard and its traffic of the running minute.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) writes: WriteLimit,
    pub(crate) reads: ReadLimit,
    pub(crate) iterators: Bucket,
    written: MinuteWindow,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            writes: WriteLimit::default(),
            reads: ReadLimit::default(),
            iterators: Bucket::per_second(limits::SHARD_ITERATORS_PER_S),
            written: MinuteWindow::default(),
        }
    }
}

/// What was written to a shard, by the minutes of the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteRate {
    /// The shard's index.
    pub(crate) shard: u32,
    /// Bytes (data and partition keys) of the last whole minute.
    pub(crate) bytes_last_minute: u64,
    /// Bytes of the minute that is running.
    pub(crate) bytes_this_minute: u64,
}

impl Live {
    /// The volatile side of a shard; made on first use.
    pub(crate) fn shard(&self, index: u32) -> Arc<ShardLive> {
        let known = self.shards.read().expect("no panic while held").get(&index).map(Arc::clone);
        known.unwrap_or_else(|| Arc::clone(self.shards.write().expect("no panic while held").entry(index).or_default()))
    }

    /// The shards that were used since the start, with their counters.
    pub(crate) fn used_shards(&self) -> Vec<(u32, Arc<ShardLive>)> {
        let shards = self.shards.read().expect("no panic while held");
        shards.iter().map(|(index, shard)| (*index, Arc::clone(shard))).collect()
    }

    /// The counters of a fan-out consumer; made on first use.
    pub(crate) fn consumer(&self, name: &str) -> Arc<ConsumerCounters> {
        let known = self.consumers.read().expect("no panic while held").get(name).map(Arc::clone);
        known.unwrap_or_else(|| {
            Arc::clone(self.consumers.write().expect("no panic while held").entry(name.to_owned()).or_default())
        })
    }

    /// The fan-out consumers that were used since the start, with their counters, by name.
    pub(crate) fn used_consumers(&self) -> BTreeMap<String, Arc<ConsumerCounters>> {
        let consumers = self.consumers.read().expect("no panic while held");
        consumers.iter().map(|(name, counters)| (name.clone(), Arc::clone(counters))).collect()
    }

    /// What was written to each shard that was used since the start: what on-demand streams scale by.
    pub(crate) fn write_rates(&self, now: Duration) -> Vec<WriteRate> {
        let rate = |(index, shard): (u32, Arc<ShardLive>)| {
            let (bytes_last_minute, bytes_this_minute) = shard.flow().written.at(now);
            WriteRate { shard: index, bytes_last_minute, bytes_this_minute }
        };
        self.used_shards().into_iter().map(rate).collect()
    }

    /// Drops what belongs to shards and consumers that are gone, and wakes the subscriptions.
    pub(crate) fn follow(&self, stream: &log::Stream, consumers: &[crate::stream::Consumer]) {
        self.shards.write().expect("no panic while held").retain(|index, _| stream.shard(*index).is_some());
        let exists = |name: &String| consumers.iter().any(|consumer| consumer.name == *name);
        self.consumers.write().expect("no panic while held").retain(|name, _| exists(name));
        self.version.send_replace(stream.version);
    }

    /// Wakes the subscriptions because the stream is gone.
    pub(crate) fn end(&self) {
        self.version.send_replace(u64::MAX);
    }
}

impl ShardLive {
    /// The limits and the traffic; held for arithmetic only.
    pub(crate) fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().expect("no panic while held")
    }
}

impl Flow {
    /// Notes what was written.
    pub(crate) fn count_written(&mut self, now: Duration, bytes: u64) {
        self.written.add(now, bytes);
    }
}

/// Amounts of the running and of the last minute.
#[derive(Debug, Clone, Copy, Default)]
struct MinuteWindow {
    minute: u64,
    current: u64,
    last: u64,
}

impl MinuteWindow {
    fn add(&mut self, now: Duration, amount: u64) {
        (self.last, self.current) = self.at(now);
        self.minute = now.as_secs() / 60;
        self.current += amount;
    }

    /// The amounts of the last and of the running minute, seen from `now`.
    fn at(&self, now: Duration) -> (u64, u64) {
        match (now.as_secs() / 60).saturating_sub(self.minute) {
            0 => (self.last, self.current),
            1 => (self.current, 0),
            _ => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_pass() {
        let mut window = MinuteWindow::default();
        let at = |s: u64| Duration::from_secs(6_000 + s);
        window.add(at(0), 5);
        window.add(at(59), 6);
        assert_eq!(window.at(at(59)), (0, 11));
        assert_eq!(window.at(at(60)), (11, 0));
        window.add(at(61), 1);
        assert_eq!(window.at(at(61)), (11, 1));
        assert_eq!(window.at(at(180)), (0, 0));
    }

    #[test]
    fn rates_are_told_per_shard() {
        let live = Live::default();
        live.shard(3).flow().count_written(Duration::from_secs(61), 7);
        let rate = WriteRate { shard: 3, bytes_last_minute: 7, bytes_this_minute: 0 };
        assert_eq!(live.write_rates(Duration::from_secs(125)), [rate]);
    }
}
