//! Which shards a `ShardFilter` means.
//!
//! <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html>

use aws::{ServiceError, Timestamp, WireEnum, wire_enum};
use log::{Shard, Stream};
use serde::{Deserialize, Serialize};

use crate::errors;

wire_enum! {
    /// What kind of filter.
    pub(crate) enum ShardFilterType {
        AfterShardId = "AFTER_SHARD_ID",
        AtTrimHorizon = "AT_TRIM_HORIZON",
        FromTrimHorizon = "FROM_TRIM_HORIZON",
        AtLatest = "AT_LATEST",
        AtTimestamp = "AT_TIMESTAMP",
        FromTimestamp = "FROM_TIMESTAMP",
    }
}

/// A filter that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ShardFilter {
    /// Shards of a higher index.
    AfterShardId(u32),
    /// Shards that were open at the horizon.
    AtTrimHorizon,
    /// All shards within retention.
    FromTrimHorizon,
    /// Open shards.
    AtLatest,
    /// Shards that were open at that instant, in wall-clock milliseconds.
    AtTimestamp(u64),
    /// Shards that were open at that instant or later.
    FromTimestamp(u64),
}

/// Puts a filter together, and refuses one that lacks what its type needs or has what it does not.
pub(crate) fn parse(
    kind: ShardFilterType,
    shard: Option<u32>,
    timestamp: Option<Timestamp>,
) -> Result<ShardFilter, ServiceError> {
    let name = kind.name();
    if shard.is_some() && kind != ShardFilterType::AfterShardId {
        return Err(errors::shard_filter_excess("ShardId", name));
    }
    let takes_time = matches!(kind, ShardFilterType::AtTimestamp | ShardFilterType::FromTimestamp);
    if timestamp.is_some() && !takes_time {
        return Err(errors::shard_filter_excess("Timestamp", name));
    }
    let time = timestamp.map(|timestamp| u64::try_from(timestamp.ms).unwrap_or(0));
    let time = time.ok_or_else(|| errors::shard_filter_lacks("Timestamp", name));
    Ok(match kind {
        ShardFilterType::AfterShardId => {
            ShardFilter::AfterShardId(shard.ok_or_else(|| errors::shard_filter_lacks("ShardId", name))?)
        }
        ShardFilterType::AtTrimHorizon => ShardFilter::AtTrimHorizon,
        ShardFilterType::FromTrimHorizon => ShardFilter::FromTrimHorizon,
        ShardFilterType::AtLatest => ShardFilter::AtLatest,
        ShardFilterType::AtTimestamp => ShardFilter::AtTimestamp(time?),
        ShardFilterType::FromTimestamp => ShardFilter::FromTimestamp(time?),
    })
}

/// The shards a filter means, by index. An instant before the horizon means the horizon.
pub(crate) fn choose<'s>(stream: &'s Stream, filter: &ShardFilter, now_ms: u64) -> Vec<&'s Shard> {
    let horizon_ms = now_ms.saturating_sub(stream.retention_ms);
    let is_within = |shard: &Shard| was_open_after(shard, horizon_ms);
    let kept: Vec<&Shard> = stream.shards.iter().filter(|shard| is_within(shard)).collect();
    let chosen = kept.into_iter().filter(|shard| match *filter {
        ShardFilter::AfterShardId(index) => shard.id.index > index,
        ShardFilter::FromTrimHorizon => true,
        ShardFilter::AtLatest => shard.sealed.is_none(),
        ShardFilter::AtTrimHorizon => was_oldest_at(stream, shard, horizon_ms),
        ShardFilter::AtTimestamp(at_ms) => was_oldest_at(stream, shard, at_ms.max(horizon_ms)),
        ShardFilter::FromTimestamp(from_ms) => was_open_after(shard, from_ms.max(horizon_ms)),
    });
    chosen.collect()
}

/// Whether the shard is open, or was sealed after an instant.
fn was_open_after(shard: &Shard, at_ms: u64) -> bool {
    shard.sealed.is_none_or(|sealed| sealed.at_ms > at_ms)
}

/// Whether a reader who begins at an instant begins with this shard: it was open after it, and none of its parents
/// was. Told by parents rather than by creation times, so that the shards cover every hash key exactly once even
/// where older generations are forgotten.
fn was_oldest_at(stream: &Stream, shard: &Shard, at_ms: u64) -> bool {
    let parents = shard.parents.iter().filter_map(|parent| stream.shard(*parent));
    was_open_after(shard, at_ms) && parents.into_iter().all(|parent| !was_open_after(parent, at_ms))
}

#[cfg(test)]
mod tests {
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
}
