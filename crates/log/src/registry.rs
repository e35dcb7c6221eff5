//! The living streams and shards, found by id and by name.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::records::ShardRecord;
use crate::shard::ShardState;
use crate::{Error, ShardId, Stream, StreamId};

#[derive(Debug, Default)]
pub(crate) struct Registry {
    tables: RwLock<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    by_id: HashMap<StreamId, Entry>,
    by_name: BTreeMap<String, StreamId>,
    shards: HashMap<ShardId, Arc<ShardState>>,
}

#[derive(Debug)]
struct Entry {
    stream: Arc<Stream>,
    retention_ms: Arc<AtomicU64>,
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn shard(&self, id: ShardId) -> Result<Arc<ShardState>, Error> {
        self.read().shards.get(&id).cloned().ok_or(Error::NotFound)
    }

    /// Looks up many at once, under one lock.
    pub(crate) fn with_shards<T>(&self, body: impl FnOnce(&HashMap<ShardId, Arc<ShardState>>) -> T) -> T {
        body(&self.read().shards)
    }

    pub(crate) fn stream(&self, id: StreamId) -> Result<Arc<Stream>, Error> {
        self.read().by_id.get(&id).map(|entry| Arc::clone(&entry.stream)).ok_or(Error::NotFound)
    }

    pub(crate) fn named(&self, name: &str) -> Result<Arc<Stream>, Error> {
        let tables = self.read();
        let id = tables.by_name.get(name).ok_or(Error::NotFound)?;
        tables.by_id.get(id).map(|entry| Arc::clone(&entry.stream)).ok_or(Error::NotFound)
    }

    pub(crate) fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Vec<Arc<Stream>> {
        let tables = self.read();
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let named = tables.by_name.range::<str, _>((from, Bound::Unbounded));
        let found = named.take_while(|(name, _)| name.starts_with(prefix)).filter_map(|(_, id)| tables.by_id.get(id));
        found.take(count_max).map(|entry| Arc::clone(&entry.stream)).collect()
    }

    pub(crate) fn ids(&self) -> Vec<StreamId> {
        let mut ids: Vec<StreamId> = self.read().by_id.keys().copied().collect();
        ids.sort();
        ids
    }

    /// The states of a stream's shards, by index.
    pub(crate) fn shards_of(&self, stream: &Stream) -> Vec<Arc<ShardState>> {
        let tables = self.read();
        stream.shards.iter().filter_map(|shard| tables.shards.get(&shard.id)).map(Arc::clone).collect()
    }

    /// Makes a stream what it is now: new shards appear, seals become visible, forgotten shards disappear.
    pub(crate) fn publish(&self, stream: Stream, mut stored: impl FnMut(ShardId) -> ShardRecord) -> Arc<Stream> {
        let stream = Arc::new(stream);
        let mut changed = Vec::new();
        {
            let mut tables = self.write();
            let before = tables.by_id.get(&stream.id);
            let retention_ms = before.map(|entry| Arc::clone(&entry.retention_ms)).unwrap_or_default();
            let before = before.map(|entry| Arc::clone(&entry.stream));
            retention_ms.store(stream.retention_ms, Ordering::Relaxed);
            for shard in &stream.shards {
                match tables.shards.get(&shard.id) {
                    Some(state) if shard.sealed.is_some() => changed.push((Arc::clone(state), shard.sealed)),
                    Some(_) => {}
                    None => {
                        let state = ShardState::new(shard, Arc::clone(&retention_ms), stored(shard.id));
                        tables.shards.insert(shard.id, Arc::new(state));
                    }
                }
            }
            for gone in before.iter().flat_map(|before| &before.shards) {
                if stream.shard(gone.id.index).is_none() {
                    changed.extend(tables.shards.remove(&gone.id).map(|state| (state, None)));
                }
            }
            tables.by_name.insert(stream.name.clone(), stream.id);
            tables.by_id.insert(stream.id, Entry { stream: Arc::clone(&stream), retention_ms });
        }
        for (state, sealed) in changed {
            match sealed {
                Some(_) => state.change(|inner| inner.sealed = sealed),
                None => delete_shard(&state),
            }
        }
        stream
    }

    /// Forgets a stream.
    pub(crate) fn remove(&self, stream: &Stream) {
        let mut gone = Vec::new();
        {
            let mut tables = self.write();
            tables.by_id.remove(&stream.id);
            tables.by_name.remove(&stream.name);
            for shard in &stream.shards {
                gone.extend(tables.shards.remove(&shard.id));
            }
        }
        for state in gone {
            delete_shard(&state);
        }
    }
}

/// Takes from a shard what holds memory and files, and tells who waits.
fn delete_shard(state: &ShardState) {
    state.change(|inner| {
        inner.is_deleted = true;
        inner.tail.clear();
        inner.stored.segments.clear();
    });
}
