//! Which shards filters choose.

use bytes::Bytes;
use log::{HashRange, Sealed, ShardId, StreamId};

use super::*;

fn shard(index: u32, parents: &[u32], created_ms: u64, sealed_ms: Option<u64>) -> Shard {
    Shard {
        id: ShardId { stream: StreamId(1), index },
        range: HashRange { start: 0, end: u128::MAX },
        parents: parents.to_vec(),
        created_ms,
        sealed: sealed_ms.map(|at_ms| Sealed { end: 0, at_ms }),
    }
}

/// 0 is split at 100 into 1 and 2, which are merged at 200 into 3.
fn stream() -> Stream {
    let shards = vec![
        shard(0, &[], 10, Some(100)),
        shard(1, &[0], 100, Some(200)),
        shard(2, &[0], 100, Some(200)),
        shard(3, &[1, 2], 200, None),
    ];
    Stream {
        id: StreamId(1),
        name: "a/r/s".to_owned(),
        version: 1,
        created_ms: 10,
        retention_ms: 1_000,
        annotation: Bytes::new(),
        shards,
    }
}

#[test]
fn filters_mean_what_aws_says() {
    for (filter, now_ms, expected) in [
        (ShardFilter::FromTrimHorizon, 300, vec![0, 1, 2, 3]),
        (ShardFilter::FromTrimHorizon, 1_100, vec![1, 2, 3]),
        (ShardFilter::AtTrimHorizon, 300, vec![0]),
        (ShardFilter::AtTrimHorizon, 1_150, vec![1, 2]),
        (ShardFilter::AtTrimHorizon, 1_200, vec![3]),
        (ShardFilter::AtLatest, 300, vec![3]),
        (ShardFilter::AfterShardId(1), 300, vec![2, 3]),
        (ShardFilter::AtTimestamp(0), 300, vec![0]),
        (ShardFilter::AtTimestamp(99), 300, vec![0]),
        (ShardFilter::AtTimestamp(100), 300, vec![1, 2]),
        (ShardFilter::AtTimestamp(0), 1_150, vec![1, 2]),
        (ShardFilter::AtTimestamp(250), 300, vec![3]),
        (ShardFilter::FromTimestamp(50), 300, vec![0, 1, 2, 3]),
        (ShardFilter::FromTimestamp(150), 300, vec![1, 2, 3]),
        (ShardFilter::FromTimestamp(200), 300, vec![3]),
    ] {
        let stream = stream();
        let chosen: Vec<u32> = choose(&stream, &filter, now_ms).iter().map(|shard| shard.id.index).collect();
        assert_eq!(chosen, expected, "{filter:?} at {now_ms}");
    }
}

#[test]
fn a_forgotten_generation_leaves_no_hole() {
    let mut stream = stream();
    stream.shards.retain(|shard| shard.id.index != 0);
    let chosen = choose(&stream, &ShardFilter::AtTrimHorizon, 300);
    assert_eq!(chosen.iter().map(|shard| shard.id.index).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_filter_has_what_its_type_needs() {
    let at = Some(Timestamp { ms: 5 });
    assert_eq!(parse(ShardFilterType::AtTimestamp, None, at).ok(), Some(ShardFilter::AtTimestamp(5)));
    assert_eq!(parse(ShardFilterType::AfterShardId, Some(3), None).ok(), Some(ShardFilter::AfterShardId(3)));
    for (kind, shard, timestamp) in [
        (ShardFilterType::AfterShardId, None, None),
        (ShardFilterType::AtTimestamp, None, None),
        (ShardFilterType::AtLatest, Some(1), None),
        (ShardFilterType::AtTrimHorizon, None, at),
    ] {
        assert!(parse(kind, shard, timestamp).is_err(), "{kind:?}");
    }
}
