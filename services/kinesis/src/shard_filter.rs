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
mod tests;
