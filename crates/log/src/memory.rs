//! The engine that keeps everything in memory: the same promises, except that "durable" ends with the process.

mod shard;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{self, Either};
use host::Host;

use self::shard::MemoryShard;
use crate::batch::{self, Window};
use crate::{
    Alteration, Answer, Append, Appended, Bounds, Error, LogEngine, NewStream, Position, ReadLimits, RecordBatches,
    Reshard, Segment, ShardId, ShardStats, Stream, StreamId, change,
};

/// A hint for callers when memory is full, in milliseconds; only retention or trimming makes room.
const FULL_RETRY_MS: u64 = 1000;

/// A log in memory.
pub struct MemoryLog {
    host: Host,
    bytes_max: usize,
    state: Mutex<State>,
}

impl std::fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryLog").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    streams: HashMap<StreamId, Arc<Stream>>,
    names: BTreeMap<String, StreamId>,
    shards: HashMap<ShardId, MemoryShard>,
    next_stream: u64,
    bytes: usize,
    is_closed: bool,
}

impl State {
    fn stream(&self, id: StreamId) -> Result<&Arc<Stream>, Error> {
        self.streams.get(&id).ok_or(Error::NotFound)
    }

    fn expected(&self, id: StreamId, expected_version: u64) -> Result<Arc<Stream>, Error> {
        let stream = self.stream(id)?;
        if stream.version != expected_version {
            return Err(Error::Conflict { next: stream.version });
        }
        Ok(Arc::clone(stream))
    }

    /// The shard, with retention applied.
    fn shard(&mut self, id: ShardId, now_ms: u64) -> Result<&mut MemoryShard, Error> {
        let retention_ms = self.streams.get(&id.stream).ok_or(Error::NotFound)?.retention_ms;
        let shard = self.shards.get_mut(&id).ok_or(Error::NotFound)?;
        self.bytes -= shard.expire(now_ms.saturating_sub(retention_ms));
        Ok(shard)
    }

    /// Applies retention to a stream: its records, and its sealed shards.
    fn upkeep(&mut self, id: StreamId, now_ms: u64) {
        let Some(stream) = self.streams.get(&id).map(Arc::clone) else { return };
        for shard in &stream.shards {
            // Every shard of a living stream is there.
            let _ = self.shard(shard.id, now_ms);
        }
        if let Some(stream) = change::forget(&stream, now_ms) {
            self.publish(stream);
        }
    }

    fn publish(&mut self, stream: Stream) -> Arc<Stream> {
        let stream = Arc::new(stream);
        for shard in &stream.shards {
            let state = self
                .shards
                .entry(shard.id)
                .or_insert_with(|| MemoryShard { newest_arrival_ms: shard.created_ms, ..MemoryShard::default() });
            if shard.sealed.is_some() {
                state.sealed = shard.sealed;
                state.waiting.notify_waiters();
            }
        }
        let before = self.streams.insert(stream.id, Arc::clone(&stream));
        self.names.insert(stream.name.clone(), stream.id);
        for shard in before.iter().flat_map(|before| &before.shards) {
            if stream.shard(shard.id.index).is_none() {
                self.forget(shard.id);
            }
        }
        stream
    }

    fn forget(&mut self, id: ShardId) {
        if let Some(shard) = self.shards.remove(&id) {
            self.bytes -= shard.batches.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
            shard.waiting.notify_waiters();
        }
    }
}

impl MemoryLog {
    /// An empty log that holds at most so many bytes.
    pub fn new(host: Host, bytes_max: usize) -> Self {
        Self { host, bytes_max, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs on the state, at a time.
    fn with<T>(&self, body: impl FnOnce(&mut State, u64) -> Result<T, Error>) -> Result<T, Error> {
        body(&mut self.lock(), self.host.now_ms())
    }

    fn append_now(&self, appends: &[Append]) -> Result<Vec<Result<Appended, Error>>, Error> {
        self.with(|state, now_ms| {
            if state.is_closed {
                return Err(Error::Unavailable { retry_ms: FULL_RETRY_MS });
            }
            let mut results = Vec::with_capacity(appends.len());
            for append in appends {
                results.push(self.append_one(state, append, now_ms));
            }
            Ok(results)
        })
    }

    fn append_one(&self, state: &mut State, append: &Append, now_ms: u64) -> Result<Appended, Error> {
        if append.records.is_empty() {
            return Err(Error::Invalid("an append needs at least one record"));
        }
        let bytes = state.bytes;
        let shard = state.shard(append.shard, now_ms)?;
        if bytes + batch::data_bytes(&append.records) > self.bytes_max {
            return Err(Error::Unavailable { retry_ms: FULL_RETRY_MS });
        }
        let before = shard.stats.stored_bytes;
        let appended = shard.append(append, now_ms)?;
        let added = shard.stats.stored_bytes - before;
        state.bytes += usize::try_from(added).expect("what is in memory can be counted");
        Ok(appended)
    }

    async fn read_now(
        &self,
        id: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> Result<RecordBatches, Error> {
        let mut timer = wait.filter(|wait| !wait.is_zero()).map(|wait| self.host.sleep(wait));
        loop {
            let changed = {
                let mut state = self.lock();
                let shard = state.shard(id, self.host.now_ms())?;
                shard.check_from(from)?;
                if from < shard.end || shard.sealed.is_some() || timer.is_none() {
                    return shard.fill(Window::new(from, limits));
                }
                Arc::clone(&shard.waiting).notified_owned()
            };
            let Some(running) = timer.take() else { continue };
            timer = match future::select(Box::pin(changed), running).await {
                Either::Left(((), running)) => Some(running),
                Either::Right(((), _)) => None,
            };
        }
    }

    fn create_now(&self, new: &NewStream) -> Result<Arc<Stream>, Error> {
        self.with(|state, now_ms| {
            if let Some(taken) = state.names.get(&new.name).and_then(|id| state.streams.get(id)) {
                return Err(Error::Conflict { next: taken.version });
            }
            let stream = change::create(new, StreamId(state.next_stream), now_ms)?;
            state.next_stream += 1;
            Ok(state.publish(stream))
        })
    }

    fn reshard_now(
        &self,
        id: StreamId,
        expected_version: u64,
        steps: &[Reshard],
        annotation: Option<Bytes>,
    ) -> Result<Arc<Stream>, Error> {
        self.with(|state, now_ms| {
            let stream = state.expected(id, expected_version)?;
            change::parents(&stream, steps)?;
            let end_of = |index| {
                let shard = state.shards.get(&ShardId { stream: id, index });
                shard.map_or((0, 0), |shard| (shard.end, shard.newest_arrival_ms))
            };
            let resharded = change::reshard(&stream, steps, annotation, now_ms, end_of)?;
            Ok(state.publish(resharded))
        })
    }
}

impl LogEngine for MemoryLog {
    fn create_stream(&self, new: NewStream) -> Answer<'_, Arc<Stream>> {
        Box::pin(async move { self.create_now(&new) })
    }

    fn describe_stream<'a>(&'a self, name: &'a str) -> Answer<'a, Arc<Stream>> {
        Box::pin(async move {
            self.with(|state, now_ms| {
                let id = *state.names.get(name).ok_or(Error::NotFound)?;
                state.upkeep(id, now_ms);
                state.stream(id).cloned()
            })
        })
    }

    fn list_streams<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        count_max: usize,
    ) -> Answer<'a, Vec<Arc<Stream>>> {
        Box::pin(async move {
            let from = match after {
                Some(after) if after >= prefix => Bound::Excluded(after),
                _ => Bound::Included(prefix),
            };
            let state = self.lock();
            let named = state.names.range::<str, _>((from, Bound::Unbounded));
            let found = named.take_while(|(name, _)| name.starts_with(prefix));
            Ok(found.filter_map(|(_, id)| state.streams.get(id)).take(count_max).map(Arc::clone).collect())
        })
    }

    fn alter_stream(&self, id: StreamId, expected_version: u64, change: Alteration) -> Answer<'_, Arc<Stream>> {
        Box::pin(async move {
            self.with(|state, now_ms| {
                let stream = state.expected(id, expected_version)?;
                // Before retention grows: what is beyond the shorter one stays beyond the longer one.
                for shard in &stream.shards {
                    state.shard(shard.id, now_ms)?;
                }
                Ok(state.publish(change::alter(&stream, &change)))
            })
        })
    }

    fn reshard(
        &self,
        id: StreamId,
        expected_version: u64,
        steps: Vec<Reshard>,
        annotation: Option<Bytes>,
    ) -> Answer<'_, Arc<Stream>> {
        Box::pin(async move { self.reshard_now(id, expected_version, &steps, annotation) })
    }

    fn delete_stream(&self, id: StreamId, expected_version: u64) -> Answer<'_, ()> {
        Box::pin(async move {
            self.with(|state, _| {
                let stream = state.expected(id, expected_version)?;
                state.streams.remove(&id);
                state.names.remove(&stream.name);
                for shard in &stream.shards {
                    state.forget(shard.id);
                }
                Ok(())
            })
        })
    }

    fn append(&self, appends: Vec<Append>) -> Answer<'_, Vec<Result<Appended, Error>>> {
        Box::pin(async move { self.append_now(&appends) })
    }

    fn locate(&self, shard: ShardId, position: Position) -> Answer<'_, u64> {
        Box::pin(async move { self.with(|state, now_ms| state.shard(shard, now_ms)?.locate(position)) })
    }

    fn read(&self, shard: ShardId, from: u64, limits: ReadLimits, wait: Option<Duration>) -> Answer<'_, RecordBatches> {
        Box::pin(self.read_now(shard, from, limits, wait))
    }

    fn bounds(&self, shard: ShardId) -> Answer<'_, Bounds> {
        Box::pin(async move { self.with(|state, now_ms| Ok(state.shard(shard, now_ms)?.bounds())) })
    }

    fn trim(&self, shard: ShardId, before: u64) -> Answer<'_, ()> {
        Box::pin(async move {
            self.with(|state, now_ms| {
                let trimmed = state.shard(shard, now_ms)?;
                if before > trimmed.end {
                    return Err(Error::Invalid("nothing is stored there yet"));
                }
                trimmed.trim = trimmed.trim.max(before);
                state.shard(shard, now_ms).map(|_| ())
            })
        })
    }

    fn segments(&self, shard: ShardId) -> Answer<'_, Vec<Segment>> {
        Box::pin(async move { self.with(|state, now_ms| Ok(state.shard(shard, now_ms)?.segments())) })
    }

    fn owner(&self, shard: ShardId) -> Answer<'_, Option<String>> {
        Box::pin(async move { self.with(|state, now_ms| state.shard(shard, now_ms).map(|_| None)) })
    }

    fn shard_stats(&self, shard: ShardId) -> Answer<'_, ShardStats> {
        Box::pin(async move { self.with(|state, now_ms| state.shard(shard, now_ms).map(|shard| shard.stats)) })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.lock().is_closed = true;
            Ok(())
        })
    }
}

#[cfg(test)]
#[path = "memory/tests.rs"]
mod tests;
