//! The engine that keeps everything on one machine's disk.

mod changes;
mod open;
mod read;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use host::Host;
use store::Store;
use tokio::sync::oneshot;

use crate::keeper::Inbox;
use crate::options::{DirectoryLock, Options};
use crate::packed::Part;
use crate::registry::Registry;
use crate::segment::SegmentFiles;
use crate::wal::commit::{APPEND_OVERHEAD, BLOCK_OVERHEAD};
use crate::wal::pool::Pool;
use crate::wal::queue::{Item, Load, Queue, Request};
use crate::{
    Alteration, Answer, Append, Appended, Bounds, Error, LogEngine, NewStream, Packed, Position, ReadLimits,
    RecordBatches, Refused, Reshard, Segment, ShardId, ShardStats, Stream, StreamId, batch,
};

/// A hint for callers when the engine cannot go on, in milliseconds.
const STOPPED_RETRY_MS: u64 = 1000;

/// A durable log in a directory.
///
/// Dropping it stops its threads as a crash would, without loss; [`LogEngine::close`] makes the next start quick.
pub struct DiskLog {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for DiskLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskLog").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

/// What callers, the committing thread and the keeper have in common.
pub(crate) struct Shared {
    pub(crate) host: Host,
    pub(crate) store: Store,
    pub(crate) options: Options,
    pub(crate) registry: Registry,
    pub(crate) queue: Queue,
    pub(crate) pool: Arc<Pool>,
    pub(crate) inbox: Inbox,
    pub(crate) segments: SegmentFiles,
    /// Whoever changes what the store says about streams and shards holds this; inside, the next stream's id.
    pub(crate) changes: tokio::sync::Mutex<StreamId>,
    /// One reshard at a time, so that no shard is sealed by two; taken before `changes`.
    pub(crate) resharding: tokio::sync::Mutex<()>,
    /// Since when there are records in the current write-ahead file; 0 when there are none.
    pub(crate) unflushed_since_ms: AtomicU64,
    is_poisoned: AtomicBool,
    _lock: DirectoryLock,
}

impl Shared {
    pub(crate) fn is_poisoned(&self) -> bool {
        self.is_poisoned.load(Ordering::Acquire)
    }

    /// Nothing may be written any more.
    pub(crate) fn poison(&self) {
        self.is_poisoned.store(true, Ordering::Release);
    }

    /// Says why nothing can go on, and ends the process.
    pub(crate) fn fatal(&self, cause: &str) {
        tracing::error!(cause, "the log cannot go on");
        (self.options.on_fatal)(cause);
    }
}

/// What the store's refusals mean to a caller. Those that leave the outcome open are [`Error::ResultUnknown`].
pub(crate) fn store_error(error: store::Error) -> Error {
    match error {
        store::Error::Full | store::Error::Conflict => Error::Unavailable { retry_ms: STOPPED_RETRY_MS },
        store::Error::TooLarge { .. } => Error::Invalid("more than fits into one transaction"),
        store::Error::Corrupt(_) | store::Error::Io(_) | store::Error::Closed => {
            tracing::error!(cause = &error as &dyn std::error::Error, "the store failed");
            Error::ResultUnknown
        }
    }
}

impl DiskLog {
    /// Does now what is otherwise done from time to time: retention, and forgetting shards whose time is over.
    pub async fn upkeep(&self) {
        // Without an answer the log is closed, and there is nothing to do.
        let _ = self.shared.inbox.round().await;
    }

    async fn append_now(&self, appends: Vec<Append>) -> Result<Vec<Result<Appended, Error>>, Error> {
        if appends.is_empty() {
            return Ok(Vec::new());
        }
        let mut bytes = 0;
        let appends: Vec<_> = self.shared.registry.with_shards(|shards| {
            let resolve = |append: Append| {
                let target = if append.records.is_empty() {
                    Err(Error::Invalid("an append needs at least one record"))
                } else {
                    bytes += APPEND_OVERHEAD + batch::records_bytes_max(&append.records);
                    shards.get(&append.shard).cloned().ok_or(Error::NotFound)
                };
                (append, target)
            };
            appends.into_iter().map(resolve).collect()
        });
        // One call is one block, and a block is never divided.
        if bytes + BLOCK_OVERHEAD > self.shared.options.wal_file_bytes {
            return Err(Error::Invalid("the append is larger than a write-ahead file"));
        }
        let (answer, answered) = oneshot::channel();
        self.shared.queue.append(Request { load: Load::Records { appends, answer }, bytes })?;
        answered.await.map_err(|_stopped| Error::ResultUnknown)
    }

    async fn append_packed_now(&self, packed: Packed) -> Result<Vec<Result<Appended, Refused>>, Error> {
        let bytes = packed.bytes() + packed.parts.len() * APPEND_OVERHEAD;
        if bytes + BLOCK_OVERHEAD > self.shared.options.wal_file_bytes {
            return Err(Error::Invalid("the append is larger than a write-ahead file"));
        }
        let targets = self.shared.registry.with_shards(|shards| {
            let target = |part: &Part| shards.get(&part.shard).cloned().ok_or(Error::NotFound);
            packed.parts.iter().map(target).collect()
        });
        let (answer, answered) = oneshot::channel();
        self.shared.queue.append(Request { load: Load::Packed { packed, targets, answer }, bytes })?;
        answered.await.map_err(|_stopped| Error::ResultUnknown)
    }

    async fn close_now(&self) -> Result<(), Error> {
        let shared = &self.shared;
        shared.queue.refuse_appends();
        let (answer, rotated) = oneshot::channel();
        shared.queue.ask(Item::Rotate { answer });
        let flushed = match rotated.await {
            Ok(()) => shared.inbox.flushed().await,
            // Closed before.
            Err(_stopped) => return Ok(()),
        };
        self.stop();
        flushed.map_err(|_stopped| Error::Unavailable { retry_ms: STOPPED_RETRY_MS })?
    }

    fn stop(&self) {
        self.shared.queue.close();
        self.shared.pool.close();
        self.shared.inbox.close();
    }
}

impl Drop for DiskLog {
    fn drop(&mut self) {
        self.stop();
    }
}

impl LogEngine for DiskLog {
    fn create_stream(&self, new: NewStream) -> Answer<'_, Arc<Stream>> {
        self.detached(|shared| changes::create_stream(shared, new))
    }

    fn describe_stream<'a>(&'a self, name: &'a str) -> Answer<'a, Arc<Stream>> {
        Box::pin(async move { self.shared.registry.named(name) })
    }

    fn list_streams<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        count_max: usize,
    ) -> Answer<'a, Vec<Arc<Stream>>> {
        Box::pin(async move { Ok(self.shared.registry.list(prefix, after, count_max)) })
    }

    fn alter_stream(&self, id: StreamId, expected_version: u64, change: Alteration) -> Answer<'_, Arc<Stream>> {
        self.detached(move |shared| changes::alter_stream(shared, id, expected_version, change))
    }

    fn reshard(
        &self,
        id: StreamId,
        expected_version: u64,
        steps: Vec<Reshard>,
        annotation: Option<Bytes>,
    ) -> Answer<'_, Arc<Stream>> {
        self.detached(move |shared| changes::reshard(shared, id, expected_version, steps, annotation))
    }

    fn delete_stream(&self, id: StreamId, expected_version: u64) -> Answer<'_, ()> {
        self.detached(move |shared| changes::delete_stream(shared, id, expected_version))
    }

    fn append(&self, appends: Vec<Append>) -> Answer<'_, Vec<Result<Appended, Error>>> {
        Box::pin(self.append_now(appends))
    }

    fn append_packed(&self, packed: Packed) -> Answer<'_, Vec<Result<Appended, Refused>>> {
        Box::pin(self.append_packed_now(packed))
    }

    fn locate(&self, shard: ShardId, position: Position) -> Answer<'_, u64> {
        Box::pin(async move { self.shared.locate(shard, position) })
    }

    fn read(&self, shard: ShardId, from: u64, limits: ReadLimits, wait: Option<Duration>) -> Answer<'_, RecordBatches> {
        Box::pin(self.shared.read(shard, from, limits, wait))
    }

    fn bounds(&self, shard: ShardId) -> Answer<'_, Bounds> {
        Box::pin(async move {
            let shard = self.shared.registry.shard(shard)?;
            self.shared.horizon(&shard)?;
            let bounds = shard.lock().bounds();
            Ok(bounds)
        })
    }

    fn trim(&self, shard: ShardId, before: u64) -> Answer<'_, ()> {
        self.detached(move |shared| changes::trim(shared, shard, before))
    }

    fn segments(&self, shard: ShardId) -> Answer<'_, Vec<Segment>> {
        Box::pin(async move { Ok(self.shared.registry.shard(shard)?.segments()) })
    }

    fn owner(&self, shard: ShardId) -> Answer<'_, Option<String>> {
        Box::pin(async move { self.shared.registry.shard(shard).map(|_| None) })
    }

    fn shard_stats(&self, shard: ShardId) -> Answer<'_, ShardStats> {
        Box::pin(async move { Ok(self.shared.registry.shard(shard)?.stats()) })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(self.close_now())
    }
}

#[cfg(test)]
mod tests;
