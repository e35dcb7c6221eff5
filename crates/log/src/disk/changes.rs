//! Changes of streams: decided in memory, durable in one store transaction, then shown.

use std::sync::Arc;

use bytes::Bytes;
use store::Changes;
use tokio::sync::oneshot;

use super::{DiskLog, STOPPED_RETRY_MS, Shared, store_error};
use crate::records::{self, ShardRecord};
use crate::shard::ShardState;
use crate::wal::queue::Item;
use crate::{Alteration, Answer, Error, NewStream, Reshard, ShardId, Stream, StreamId, change};

impl DiskLog {
    /// Runs a change to its end even if the caller drops the future: half a change would be none that the store knows.
    pub(super) fn detached<T, F>(&self, change: impl FnOnce(Arc<Shared>) -> F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        if self.shared.is_poisoned() {
            return Box::pin(async { Err(Error::Unavailable { retry_ms: STOPPED_RETRY_MS }) });
        }
        let (answer, answered) = oneshot::channel();
        let changing = change(Arc::clone(&self.shared));
        self.shared.host.spawn("log-change", async move {
            // Whoever dropped its future does not want the answer.
            let _ = answer.send(changing.await);
        });
        Box::pin(async { answered.await.map_err(|_stopped| Error::ResultUnknown)? })
    }
}

impl Shared {
    /// Makes changes durable. When nobody can tell whether they are, nothing can go on: doing them again could write
    /// over segments that the store already counts on.
    pub(crate) async fn make(&self, changes: Changes) -> Result<(), Error> {
        let made = self.store.commit(changes).await.map_err(store_error);
        if matches!(made, Err(Error::ResultUnknown)) {
            self.poison();
            self.fatal("nobody can tell whether a change in the store is durable");
        }
        made
    }

    fn expected(&self, id: StreamId, expected_version: u64) -> Result<Arc<Stream>, Error> {
        let stream = self.registry.stream(id)?;
        if stream.version != expected_version {
            return Err(Error::Conflict { next: stream.version });
        }
        Ok(stream)
    }
}

pub(super) async fn create_stream(shared: Arc<Shared>, new: NewStream) -> Result<Arc<Stream>, Error> {
    let mut next = shared.changes.lock().await;
    if let Ok(taken) = shared.registry.named(&new.name) {
        return Err(Error::Conflict { next: taken.version });
    }
    let stream = change::create(&new, *next, shared.host.now_ms())?;
    let following = StreamId(next.0 + 1);
    let changes = records::put_next_stream(records::put_stream(Changes::new(), &stream), following);
    shared.make(changes).await?;
    *next = following;
    Ok(shared.registry.publish(stream, |_| ShardRecord::default()))
}

pub(super) async fn alter_stream(
    shared: Arc<Shared>,
    id: StreamId,
    expected_version: u64,
    alteration: Alteration,
) -> Result<Arc<Stream>, Error> {
    let _changing = shared.changes.lock().await;
    let stream = shared.expected(id, expected_version)?;
    let altered = change::alter(&stream, &alteration);
    let mut changes = records::put_stream(Changes::new(), &altered);
    let mut trimmed = Vec::new();
    if altered.retention_ms > stream.retention_ms {
        // What is beyond the shorter retention now must stay beyond the longer one.
        for shard in shared.registry.shards_of(&stream) {
            let horizon = shared.horizon(&shard)?;
            let mut record = shard.lock().stored.clone();
            if horizon > record.trim {
                record.trim = horizon;
                changes = records::put_shard(changes, shard.id, &record);
                trimmed.push((shard, horizon));
            }
        }
    }
    shared.make(changes).await?;
    for (shard, horizon) in trimmed {
        shard.lock().stored.trim = horizon;
    }
    Ok(shared.registry.publish(altered, |_| ShardRecord::default()))
}

pub(super) async fn reshard(
    shared: Arc<Shared>,
    id: StreamId,
    expected_version: u64,
    steps: Vec<Reshard>,
    annotation: Option<Bytes>,
) -> Result<Arc<Stream>, Error> {
    let _resharding = shared.resharding.lock().await;
    let stream = shared.expected(id, expected_version)?;
    let parents = change::parents(&stream, &steps)?;
    let parents: Vec<Arc<ShardState>> = parents
        .into_iter()
        .map(|index| shared.registry.shard(ShardId { stream: id, index }))
        .collect::<Result<_, _>>()?;
    // From here on appends to the parents wait. What is acknowledged by now is durable, so the ends are. Not while
    // `changes` is held: the committing thread may be waiting for a file, for which the keeper needs that.
    let (answer, answered) = oneshot::channel();
    shared.queue.ask(Item::Seal { shards: parents.clone(), answer });
    let ends = answered.await.map_err(|_stopped| Error::Unavailable { retry_ms: STOPPED_RETRY_MS })?;
    let resharded = commit_reshard(&shared, id, expected_version, &steps, annotation, &ends).await;
    // They go on: to be refused because the seal shows, or to be accepted because it came to nothing.
    shared.queue.ask(Item::Unseal { shards: parents });
    resharded
}

async fn commit_reshard(
    shared: &Shared,
    id: StreamId,
    expected_version: u64,
    steps: &[Reshard],
    annotation: Option<Bytes>,
    ends: &[(ShardId, u64, u64)],
) -> Result<Arc<Stream>, Error> {
    let _changing = shared.changes.lock().await;
    let stream = shared.expected(id, expected_version)?;
    let end_of = |index| {
        let found = ends.iter().find(|(id, ..)| id.index == index);
        found.map_or((0, 0), |&(_, end, newest_arrival_ms)| (end, newest_arrival_ms))
    };
    let resharded = change::reshard(&stream, steps, annotation, shared.host.now_ms(), end_of)?;
    shared.make(records::put_stream(Changes::new(), &resharded)).await?;
    Ok(shared.registry.publish(resharded, |_| ShardRecord::default()))
}

pub(super) async fn delete_stream(shared: Arc<Shared>, id: StreamId, expected_version: u64) -> Result<(), Error> {
    let _changing = shared.changes.lock().await;
    let stream = shared.expected(id, expected_version)?;
    let mut changes = Changes::new().delete(records::STREAMS, records::stream_key(id));
    for shard in &stream.shards {
        changes = changes.delete(records::SHARDS, records::shard_key(shard.id));
    }
    shared.make(changes).await?;
    shared.registry.remove(&stream);
    shared.inbox.add_deleted(id);
    Ok(())
}

pub(super) async fn trim(shared: Arc<Shared>, id: ShardId, before: u64) -> Result<(), Error> {
    let _changing = shared.changes.lock().await;
    let shard = shared.registry.shard(id)?;
    let record = {
        let inner = shard.lock();
        if before > inner.end {
            return Err(Error::Invalid("nothing is stored there yet"));
        }
        ShardRecord { trim: before, ..inner.stored.clone() }
    };
    if before <= shard.lock().stored.trim {
        return Ok(());
    }
    shared.make(records::put_shard(Changes::new(), id, &record)).await?;
    let mut inner = shard.lock();
    if !inner.is_deleted {
        inner.stored.trim = before;
        inner.advance(before, None);
    }
    Ok(())
}
