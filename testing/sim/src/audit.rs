//! Reads everything there is and compares it with what is known.

use std::sync::Arc;

use bytes::Bytes;
use log::{Error, LogEngine, ReadLimits, RecordView, ShardId, Stream};

use crate::boot::World;
use crate::history::Seen;
use crate::workload::PREFIX;

/// When an audit takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Right after a start: what was in doubt is decided.
    AfterStart,
    /// Nobody writes, but what is in doubt may still come.
    WhileRunning,
}

/// The machine has failed underneath, so nothing can be said.
#[derive(Debug)]
pub(crate) struct MachineFailed;

/// Checks all streams and all their records.
pub(crate) async fn check_everything(world: &World, moment: Moment) -> Result<(), MachineFailed> {
    for stream in &all_streams(world).await? {
        world.history().saw_stream(stream, false);
        for shard in &stream.shards {
            check_shard(world, shard.id).await?;
        }
    }
    if moment == Moment::AfterStart {
        world.history().settle();
    }
    Ok(())
}

async fn all_streams(world: &World) -> Result<Vec<Arc<Stream>>, MachineFailed> {
    let mut streams: Vec<Arc<Stream>> = Vec::new();
    loop {
        let after = streams.last().map(|stream| stream.name.clone());
        let page = world.log.list_streams(PREFIX, after.as_deref(), 2).await;
        let page = page.map_err(|error| failed(world, "streams cannot be listed", &error))?;
        if page.is_empty() {
            break;
        }
        streams.extend(page);
    }
    let ids = streams.iter().map(|stream| stream.id).collect::<Vec<_>>();
    world.history().saw_streams(&ids);
    Ok(streams)
}

/// An error is a broken promise, unless the file system made it.
fn failed(world: &World, what: &str, error: &Error) -> MachineFailed {
    if !matches!(error, Error::Io(_)) {
        world.history().broken(&format!("{what}: {error:?}"));
    }
    MachineFailed
}

/// Reads a shard from its horizon to its end.
async fn check_shard(world: &World, id: ShardId) -> Result<(), MachineFailed> {
    let bounds = match world.log.bounds(id).await {
        Ok(bounds) => bounds,
        // Its time was over.
        Err(Error::NotFound) => return Ok(()),
        Err(error) => return Err(failed(world, &format!("{id:?} has no bounds"), &error)),
    };
    world.history().saw_bounds(id, &bounds);
    let (mut from, mut next) = (bounds.horizon, bounds.horizon);
    while next < bounds.end {
        let limits = ReadLimits { records_max: 7, bytes_max: 20_000 };
        match world.log.read(id, next, limits, None).await {
            Ok(batches) => {
                let views = batches.iter().map(|view| seen(&view)).collect::<Vec<_>>();
                let are_dense = views.iter().map(|seen| seen.offset).eq(next..batches.next);
                let mut history = world.history();
                if !are_dense || batches.next <= next {
                    let offsets = views.iter().map(|seen| seen.offset).collect::<Vec<_>>();
                    history.broken(&format!("{id:?}: a read of {next}..{} gave {offsets:?}", batches.next));
                    return Err(MachineFailed);
                }
                views.into_iter().for_each(|seen| history.saw(id, seen));
                next = batches.next;
            }
            // Retention goes on while we read.
            Err(Error::Trimmed { horizon }) if horizon > next => (from, next) = (horizon, horizon),
            Err(error) => return Err(failed(world, &format!("{id:?} cannot be read at {next}"), &error)),
        }
    }
    world.history().saw_everything(id, from, next);
    Ok(())
}

/// The bytes of a record: everything follows from the token.
pub(crate) fn payload(token: u64, length: usize) -> (Bytes, Bytes) {
    let mut filler = fastrand::Rng::with_seed(token);
    let mut value = token.to_le_bytes().to_vec();
    value.resize(8 + length, 0);
    filler.fill(&mut value[8..]);
    (Bytes::from(token.to_string()), Bytes::from(value))
}

/// What a record turns out to be.
pub(crate) fn seen(view: &RecordView<'_>) -> Seen {
    let token = view.value.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    let is_whole = |token: &u64| {
        let (key, value) = payload(*token, view.value.len() - 8);
        key == view.key && value == view.value
    };
    Seen { offset: view.offset, arrival_ms: view.arrival_ms, token: token.filter(is_whole) }
}
