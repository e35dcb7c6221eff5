//! Scaling in virtual time.

use bytes::Bytes;
use log::{Shard, ShardId, StreamId};

use super::*;
use crate::shard;

const PACE: Pace = Pace { tick_ms: 1_000, calm_ms: 60_000, peak_ms: 600_000 };

fn stream(shards: u32) -> Stream {
    let shard = |(range, index)| Shard {
        id: ShardId { stream: StreamId(1), index },
        range,
        parents: Vec::new(),
        created_ms: 0,
        sealed: None,
    };
    Stream {
        id: StreamId(1),
        name: "a/r/s".to_owned(),
        version: 1,
        created_ms: 0,
        retention_ms: 0,
        annotation: Bytes::new(),
        shards: shard::uniform_ranges(shards).into_iter().zip(0..).map(shard).collect(),
    }
}

/// Runs `ticks` seconds of steady traffic: bytes and records per second for each shard.
fn observe(observer: &mut Observer, from_tick: u64, ticks: u64, rates: &[(u64, u64)]) {
    for tick in from_tick..from_tick + ticks {
        let stats = rates.iter().zip(0..).map(|((bytes, records), index)| {
            let stats = ShardStats { bytes_in: bytes * tick, records_in: records * tick, ..ShardStats::default() };
            (index, stats)
        });
        observer.observe(1_000_000 + tick * 1_000, &stats.collect::<Vec<_>>(), &PACE);
    }
}

fn families(steps: &[Reshard]) -> Vec<(Vec<u32>, usize)> {
    steps.iter().map(|step| (step.parents.clone(), step.children.len())).collect()
}

#[test]
fn what_is_hot_is_split() {
    const COOL: (u64, u64) = (100_000, 10);
    for (rates, ticks, expected) in [
        (vec![COOL, COOL], 10, vec![]),
        (vec![COOL, (600_000, 10)], 10, vec![(vec![1], 2)]),
        (vec![(10, 501), COOL], 10, vec![(vec![0], 2)]),
        (vec![(600_000, 10), (600_000, 10)], 10, vec![(vec![0], 2), (vec![1], 2)]),
        // The first tick only counts; a short burst is no reason.
        (vec![COOL, (600_000, 10)], 3, vec![]),
        (vec![COOL, (600_000, 10)], 4, vec![(vec![1], 2)]),
    ] {
        let mut observer = Observer::default();
        observe(&mut observer, 1, ticks, &rates);
        let steps = decide(&stream(2), 0, &observer, 1_000_000 + ticks * 1_000, &PACE);
        assert_eq!(families(&steps), expected, "{rates:?} for {ticks} ticks");
    }
}

#[test]
fn one_hot_key_does_not_split_for_ever() {
    for (shards, expected) in [(15, vec![(vec![0], 2)]), (16, vec![])] {
        let mut observer = Observer::default();
        let mut rates = vec![(0, 0); 16];
        rates[0] = (900_000, 10);
        observe(&mut observer, 1, 10, &rates[..shards as usize]);
        let steps = decide(&stream(shards), 0, &observer, 1_010_000, &PACE);
        assert_eq!(families(&steps), expected, "{shards} shards");
    }
}

#[test]
fn capacity_follows_twice_the_peak_and_the_warm_throughput() {
    let mut record = StreamRecord { peak_write_bps: 3 << 20, ..StreamRecord::default() };
    assert_eq!(shards_wanted(&record), 6);
    record.warm_throughput_mibps = Some(9);
    assert_eq!(shards_wanted(&record), 9);
    record.peak_write_bps = u64::MAX / 4;
    assert_eq!(shards_wanted(&record), SHARDS_MAX);
    let steps = decide(&stream(4), 6, &Observer::default(), 0, &PACE);
    assert_eq!(families(&steps), [(vec![0], 2), (vec![1], 2)]);
}

#[test]
fn peaks_are_replaced_by_higher_ones_and_in_the_end_by_any() {
    let record = StreamRecord { peak_write_bps: 1_000, peak_write_ms: 50_000, ..StreamRecord::default() };
    for (bytes_per_s, now_ms, expected) in
        [(1_050, 60_000, false), (1_101, 60_000, true), (5, 650_000, false), (5, 650_001, true)]
    {
        assert_eq!(is_new_peak(&record, bytes_per_s, now_ms, &PACE), expected, "{bytes_per_s} at {now_ms}");
    }
    assert!(!is_new_peak(&StreamRecord::default(), 0, u64::MAX, &PACE), "silence is no peak");
}

#[test]
fn cold_neighbours_are_merged_after_a_long_calm_and_only_down_to_the_floor() {
    let cold = vec![(1_000, 1); 8];
    let mut mixed = cold.clone();
    mixed[1] = (200_000, 1);
    let merge = |first| (vec![first, first + 1], 1);
    for (rates, wanted, ticks, expected) in [
        (&cold, 0, 30, vec![]),
        (&cold, 0, 70, vec![merge(0), merge(2), merge(4), merge(6)]),
        (&cold, 7, 70, vec![merge(0)]),
        (&cold, 8, 70, vec![]),
        (&mixed, 0, 70, vec![merge(2), merge(4), merge(6)]),
    ] {
        let mut observer = Observer::default();
        observe(&mut observer, 1, ticks, rates);
        let steps = decide(&stream(8), wanted, &observer, 1_000_000 + ticks * 1_000, &PACE);
        assert_eq!(families(&steps), expected, "wanted {wanted} after {ticks} ticks");
    }
}

#[test]
fn a_change_begins_a_new_calm() {
    let mut observer = Observer::default();
    observe(&mut observer, 1, 70, &[(1_000, 1); 8]);
    observer.resharded(1_069_000);
    assert!(decide(&stream(8), 0, &observer, 1_070_000, &PACE).is_empty());
}

#[test]
fn a_set_clock_makes_no_rate() {
    let mut observer = Observer::default();
    observe(&mut observer, 1, 3, &[(1_000_000, 1)]);
    observe(&mut observer, 500, 1, &[(1_000_000, 1)]);
    assert!(decide(&stream(1), 0, &observer, 1_500_000, &PACE).is_empty());
}
