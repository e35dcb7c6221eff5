//! What the service remembers of a stream, stored as the engine stream's annotation.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::shapes::{DistributionStrategy, MetricsName, StreamMode, StreamStatus};

/// What the names of this service's streams begin with; other faces of the log have streams of their own.
pub(crate) const NAMESPACE: &str = "kinesis/";

/// The engine's name of a stream.
pub(crate) fn engine_name(account: &str, region: &str, name: &str) -> String {
    [NAMESPACE, account, "/", region, "/", name].concat()
}

/// The account and the region in an engine's name.
pub(crate) fn owner_of(engine_name: &str) -> (&str, &str) {
    let rest = engine_name.strip_prefix(NAMESPACE).unwrap_or(engine_name);
    let (account, rest) = rest.split_once('/').unwrap_or((rest, ""));
    (account, rest.split('/').next().unwrap_or_default())
}

/// Everything of a stream but its records and shards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StreamRecord {
    /// The state the stream is in until [`StreamRecord::settled_ms`]; afterwards it is ACTIVE (or gone, if DELETING).
    pub(crate) transition: StreamStatus,
    /// Wall-clock milliseconds at which the transition is over.
    pub(crate) settled_ms: u64,
    pub(crate) mode: StreamMode,
    pub(crate) strategy: DistributionStrategy,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) consumers: Vec<Consumer>,
    /// Present while server-side encryption is on.
    pub(crate) encryption: Option<Encryption>,
    /// All data keys records of this stream may be sealed with, wrapped; a record names its key by the index.
    pub(crate) data_keys: Vec<WrappedKey>,
    pub(crate) shard_level_metrics: BTreeSet<MetricsName>,
    pub(crate) record_kib_max: u32,
    pub(crate) policy: Option<String>,
    pub(crate) warm_throughput_mibps: Option<u32>,
    /// Creation second of shards made by resharding, as it stands in their sequence numbers; shards that are not
    /// listed use the engine's creation time. Child shards must sort after their parents even when both are made
    /// within one second.
    pub(crate) shard_created_s: BTreeMap<u32, u64>,
    /// When the rolling 24-hour quotas were used, in wall-clock milliseconds.
    pub(crate) used: QuotaUse,
    /// The highest bytes per second written in one minute, for on-demand scaling.
    pub(crate) peak_write_bps: u64,
    /// When that was, in wall-clock milliseconds.
    pub(crate) peak_write_ms: u64,
    /// The latest creation second of a deregistered consumer: the next one gets a later second, hence an ARN of its own.
    pub(crate) deregistered_s_max: u64,
}

impl Default for StreamRecord {
    fn default() -> Self {
        Self {
            transition: StreamStatus::Creating,
            settled_ms: 0,
            mode: StreamMode::Provisioned,
            strategy: DistributionStrategy::UserPartitionKey,
            tags: BTreeMap::new(),
            consumers: Vec::new(),
            encryption: None,
            data_keys: Vec::new(),
            shard_level_metrics: BTreeSet::new(),
            record_kib_max: crate::limits::RECORD_KIB_DEFAULT,
            policy: None,
            warm_throughput_mibps: None,
            shard_created_s: BTreeMap::new(),
            used: QuotaUse::default(),
            peak_write_bps: 0,
            peak_write_ms: 0,
            deregistered_s_max: 0,
        }
    }
}

/// An enhanced fan-out consumer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Consumer {
    pub(crate) name: String,
    /// Whole seconds; part of the consumer's ARN.
    pub(crate) created_s: u64,
    /// Until when it is CREATING, or, if `is_deleting`, DELETING; wall-clock milliseconds.
    pub(crate) settled_ms: u64,
    #[serde(default)]
    pub(crate) is_deleting: bool,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) policy: Option<String>,
}

/// Server-side encryption that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    /// The key as the caller named it; answered as `KeyId`.
    pub(crate) key_id: String,
    /// The entry of [`StreamRecord::data_keys`] new records are sealed with.
    pub(crate) data_key: u32,
}

/// A data key, readable only with the key store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrappedKey {
    /// The key as the key store knows it.
    pub(crate) key: String,
    /// The wrapped bytes.
    pub(crate) wrapped: Bytes,
}

/// When rolling 24-hour quotas were used, in wall-clock milliseconds; older entries are dropped on use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct QuotaUse {
    pub(crate) mode_switches: Vec<u64>,
    pub(crate) shard_count_updates: Vec<u64>,
    pub(crate) encryption_starts: Vec<u64>,
    pub(crate) encryption_stops: Vec<u64>,
}

/// 24 hours, in milliseconds.
const DAY_MS: u64 = 24 * 3_600_000;

/// Notes one use of a rolling 24-hour quota; false when `count_max` uses lie within the last 24 hours already.
pub(crate) fn use_quota(used: &mut Vec<u64>, count_max: usize, now_ms: u64) -> bool {
    used.retain(|used_ms| now_ms.saturating_sub(*used_ms) < DAY_MS);
    let is_free = used.len() < count_max;
    if is_free {
        used.push(now_ms);
    }
    is_free
}

impl StreamRecord {
    /// The state at an instant. DELETING stays until the stream is gone.
    pub(crate) fn status(&self, now_ms: u64) -> StreamStatus {
        match self.transition {
            StreamStatus::Deleting => StreamStatus::Deleting,
            _ if now_ms >= self.settled_ms => StreamStatus::Active,
            transition => transition,
        }
    }

    /// Whether the stream was deleted and its transition is over.
    pub(crate) fn is_gone(&self, now_ms: u64) -> bool {
        self.transition == StreamStatus::Deleting && now_ms >= self.settled_ms
    }

    /// The consumers that are there at an instant.
    pub(crate) fn consumers_at(&self, now_ms: u64) -> impl Iterator<Item = &Consumer> {
        self.consumers.iter().filter(move |consumer| !consumer.is_gone(now_ms))
    }

    /// The consumer of that name that is there at an instant.
    pub(crate) fn consumer(&self, name: &str, now_ms: u64) -> Option<&Consumer> {
        self.consumers_at(now_ms).find(|consumer| consumer.name == name)
    }

    /// Drops the consumers whose deregistration is over.
    pub(crate) fn forget_consumers(&mut self, now_ms: u64) {
        let gone = self.consumers.iter().filter(|consumer| consumer.is_gone(now_ms));
        let latest_s = gone.map(|consumer| consumer.created_s).max().unwrap_or_default();
        self.deregistered_s_max = self.deregistered_s_max.max(latest_s);
        self.consumers.retain(|consumer| !consumer.is_gone(now_ms));
    }

    /// Enters a transitional state.
    pub(crate) fn begin(&mut self, transition: StreamStatus, now_ms: u64, duration_ms: u64) {
        self.transition = transition;
        self.settled_ms = now_ms + duration_ms;
    }

    /// The stored form.
    pub(crate) fn encode(&self) -> Bytes {
        Bytes::from(serde_json::to_vec(self).expect("maps with text keys and plain values always serialise"))
    }
}
