//! How on-demand streams scale: what is observed, and what follows from it, as pure functions of counters and time.
//!
//! Differs from AWS: the stream stays ACTIVE while it scales.
//!
//! AWS says: capacity follows twice the peak write throughput of the last 30 days, and a shard that is written to
//! faster than 500 KiB/s is split within 15 minutes.
//! <https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html>

use std::collections::BTreeMap;

use log::{Reshard, ShardStats, Stream};

use crate::limits;
use crate::reshard::Plan;
use crate::stream::StreamRecord;
use crate::{Settings, Transitions};

/// A shard that takes in more bytes per second is hot.
const HOT_BYTES_PER_S: u64 = 500 * 1024;
/// A shard that takes in more records per second is hot.
const HOT_RECORDS_PER_S: u64 = 500;
/// Two neighbours that together take in fewer bytes per second are cold.
const COLD_BYTES_PER_S: u64 = HOT_BYTES_PER_S / 5;
/// Two neighbours that together take in fewer records per second are cold.
const COLD_RECORDS_PER_S: u64 = HOT_RECORDS_PER_S / 5;
/// Ticks in a row a shard must be hot to be split.
const HOT_TICKS: u32 = 3;
/// Shards an on-demand stream grows to by itself: AWS's ceiling of 200 MiB/s.
const SHARDS_MAX: usize = 200;

/// Splits go on until there are this many times the shards that the traffic needs: then one key is hot, and no split
/// helps it.
const SPLITS_MAX: usize = 4;

/// How fast things happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Time between two looks, in milliseconds.
    pub(crate) tick_ms: u64,
    /// How long nothing may have been hot before cold shards are merged, in milliseconds.
    calm_ms: u64,
    /// How long a peak counts, in milliseconds.
    peak_ms: u64,
}

impl Pace {
    /// The pace that goes with the settings.
    pub(crate) fn of(settings: &Settings) -> Self {
        match settings.transitions {
            Transitions::Short => Self { tick_ms: 1_000, calm_ms: 300_000, peak_ms: 900_000 },
            Transitions::Aws => Self { tick_ms: 20_000, calm_ms: 24 * 3_600_000, peak_ms: 30 * 24 * 3_600_000 },
        }
    }
}

/// What is seen of one stream from tick to tick.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    observed_ms: u64,
    shards: BTreeMap<u32, Observed>,
    /// Since when nothing was hot and nothing was changed.
    calm_since_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Observed {
    stats: ShardStats,
    bytes_per_s: u64,
    records_per_s: u64,
    hot_ticks: u32,
}

impl Observer {
    /// Takes note of the open shards' counters.
    pub(crate) fn observe(&mut self, now_ms: u64, stats: &[(u32, ShardStats)], pace: &Pace) {
        let elapsed_ms = now_ms.saturating_sub(self.observed_ms);
        // A clock that was set, or a long pause, makes no rate.
        let is_sound = elapsed_ms >= pace.tick_ms / 2 && elapsed_ms <= pace.tick_ms * 10;
        let rate = |now: u64, before: u64| now.saturating_sub(before) * 1000 / elapsed_ms.max(1);
        let mut shards = BTreeMap::new();
        for (index, now) in stats {
            let mut observed = Observed { stats: *now, ..Observed::default() };
            if let Some(before) = self.shards.get(index).filter(|_| is_sound) {
                observed.bytes_per_s = rate(now.bytes_in, before.stats.bytes_in);
                observed.records_per_s = rate(now.records_in, before.stats.records_in);
                let is_hot = observed.bytes_per_s > HOT_BYTES_PER_S || observed.records_per_s > HOT_RECORDS_PER_S;
                observed.hot_ticks = if is_hot { before.hot_ticks + 1 } else { 0 };
            }
            shards.insert(*index, observed);
        }
        if shards.values().any(|observed| observed.hot_ticks > 0) || self.calm_since_ms.is_none() {
            self.calm_since_ms = Some(now_ms);
        }
        (self.shards, self.observed_ms) = (shards, now_ms);
    }

    /// Takes note of a change of the shards.
    pub(crate) fn resharded(&mut self, now_ms: u64) {
        self.calm_since_ms = Some(now_ms);
    }

    /// Open shards for twice the traffic of the last tick, and never fewer than on-demand streams begin with.
    fn shards_needed(&self) -> usize {
        let written: u64 = self.shards.values().map(|observed| observed.bytes_per_s).sum();
        let for_written = usize::try_from((2 * written).div_ceil(limits::SHARD_BYTES_IN_PER_S)).unwrap_or(SHARDS_MAX);
        for_written.max(limits::ON_DEMAND_SHARDS as usize)
    }

    fn is_hot(&self, index: u32) -> bool {
        self.shards.get(&index).is_some_and(|observed| observed.hot_ticks >= HOT_TICKS)
    }

    /// Whether two shards together are cold; those that were never seen are not.
    fn are_cold(&self, first: u32, second: u32) -> bool {
        let (Some(first), Some(second)) = (self.shards.get(&first), self.shards.get(&second)) else { return false };
        first.bytes_per_s + second.bytes_per_s < COLD_BYTES_PER_S
            && first.records_per_s + second.records_per_s < COLD_RECORDS_PER_S
    }

    fn is_calm(&self, now_ms: u64, pace: &Pace) -> bool {
        self.calm_since_ms.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) >= pace.calm_ms)
    }
}

/// Whether a minute's average replaces the recorded peak: it is clearly higher, or the peak is too long ago.
pub(crate) fn is_new_peak(record: &StreamRecord, bytes_per_s: u64, now_ms: u64, pace: &Pace) -> bool {
    let is_higher = bytes_per_s > record.peak_write_bps + record.peak_write_bps / 10;
    let is_expired = record.peak_write_bps > 0 && now_ms.saturating_sub(record.peak_write_ms) > pace.peak_ms;
    is_higher || is_expired
}

/// Open shards for twice the peak, and for the warm throughput that was asked for.
pub(crate) fn shards_wanted(record: &StreamRecord) -> usize {
    let for_peak = (2 * record.peak_write_bps).div_ceil(limits::SHARD_BYTES_IN_PER_S);
    let for_peak = usize::try_from(for_peak).unwrap_or(SHARDS_MAX).min(SHARDS_MAX);
    for_peak.max(record.warm_throughput_mibps.unwrap_or(0) as usize)
}

/// The steps to take now: hot shards are split in half, missing capacity is made from the widest ones, and after a
/// long calm cold neighbours are merged, at most half of the shards at a time.
pub(crate) fn decide(stream: &Stream, wanted: usize, observer: &Observer, now_ms: u64, pace: &Pace) -> Vec<Reshard> {
    let mut plan = Plan::of(stream);
    let before = plan.open().len();
    let ceiling = SHARDS_MAX.min(SPLITS_MAX * observer.shards_needed()).max(wanted);
    let mut position = 0;
    while position < plan.open().len() {
        let (range, index) = plan.open()[position];
        if observer.is_hot(index) && plan.open().len() < ceiling && range.end - range.start > 1 {
            plan.split(position, range.start + (range.end - range.start) / 2 + 1);
            position += 1; // The upper half is no candidate.
        }
        position += 1;
    }
    if plan.open().len() < wanted {
        plan.widen_to(wanted);
    }
    if plan.open().len() > before || !observer.is_calm(now_ms, pace) {
        return plan.into_steps();
    }
    let floor = wanted.max(limits::ON_DEMAND_SHARDS as usize);
    let mut position = 0;
    while position + 1 < plan.open().len() && plan.open().len() > floor {
        let ((_, first), (_, second)) = (plan.open()[position], plan.open()[position + 1]);
        if observer.are_cold(first, second) {
            plan.merge(position);
        }
        position += 1;
    }
    plan.into_steps()
}

#[cfg(test)]
mod tests;
