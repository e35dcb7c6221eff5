//! Retention: segments that nobody may read any more are removed, and sealed shards whose time is over forgotten.

use std::sync::Arc;

use store::Changes;

use super::sweep;
use crate::disk::Shared;
use crate::shard::ShardState;
use crate::{Error, ShardId, Stream, change, records};

/// Looks at every shard once. What fails is tried again by the next round.
pub(super) async fn round(shared: &Shared) {
    for id in shared.registry.ids() {
        let Ok(stream) = shared.registry.stream(id) else { continue };
        let mut result = drop_segments(shared, &stream).await;
        if result.is_ok() {
            result = forget_shards(shared, &stream).await;
        }
        if let Err(error) = result {
            tracing::warn!(cause = &error as &dyn std::error::Error, stream = stream.name, "retention has to wait");
        }
    }
}

/// Removes the segments before the horizon.
async fn drop_segments(shared: &Shared, stream: &Stream) -> Result<(), Error> {
    let mut candidates = Vec::new();
    for shard in shared.registry.shards_of(stream) {
        let Ok(horizon) = shared.horizon(&shard) else { continue };
        let first = shard.lock().stored.segments.first().map(|segment| segment.end_offset);
        if first.is_some_and(|end_offset| end_offset <= horizon) {
            candidates.push(shard);
        }
    }
    let mut left = candidates.into_iter().peekable();
    while left.peek().is_some() {
        for (shard, base_offset) in drop_some(shared, &mut left).await? {
            shared.segments.remove(shard, base_offset)?;
        }
    }
    Ok(())
}

/// Takes segments out of what the store says about shards, for as many as fit into one transaction; says which.
async fn drop_some(
    shared: &Shared,
    shards: &mut impl Iterator<Item = Arc<ShardState>>,
) -> Result<Vec<(ShardId, u64)>, Error> {
    let mut gone = Vec::new();
    let _changing = shared.changes.lock().await;
    let mut changes = Changes::new();
    let mut dropped: Vec<(Arc<ShardState>, records::ShardRecord)> = Vec::new();
    while changes.bytes() < shared.options.transaction_bytes_max
        && let Some(shard) = shards.next()
    {
        let record = {
            let inner = shard.lock();
            if inner.is_deleted {
                continue;
            }
            let mut record = inner.stored.clone();
            record.trim = inner.trim;
            let dropped = record.segments.extract_if(.., |segment| segment.end_offset <= inner.trim);
            gone.extend(dropped.map(|segment| (shard.id, segment.base_offset)));
            record
        };
        changes = records::put_shard(changes, shard.id, &record);
        dropped.push((shard, record));
    }
    shared.make(changes).await?;
    for (shard, record) in dropped {
        let mut inner = shard.lock();
        if !inner.is_deleted {
            inner.stored = record;
        }
    }
    Ok(gone)
}

/// Takes sealed shards out of the stream when all they ever held is beyond retention.
async fn forget_shards(shared: &Shared, stream: &Stream) -> Result<(), Error> {
    if change::forget(stream, shared.host.now_ms()).is_none() {
        return Ok(());
    }
    let gone: Vec<_> = {
        let _changing = shared.changes.lock().await;
        let Ok(stream) = shared.registry.stream(stream.id) else { return Ok(()) };
        let Some(after) = change::forget(&stream, shared.host.now_ms()) else { return Ok(()) };
        let is_gone = |id: &crate::ShardId| after.shard(id.index).is_none();
        let gone: Vec<_> = stream.shards.iter().map(|shard| shard.id).filter(is_gone).collect();
        let mut changes = records::put_stream(Changes::new(), &after);
        for id in &gone {
            changes = changes.delete(records::SHARDS, records::shard_key(*id));
        }
        shared.make(changes).await?;
        shared.registry.publish(after, |_| records::ShardRecord::default());
        gone
    };
    for id in gone {
        sweep::remove_shard(shared, id);
    }
    Ok(())
}
