//! Open segment files and their indexes: the most recently used ones, so that idle shards cost nothing.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use host::Files;
use host::files::{Buffers, File};

use super::{Index, SegmentMeta, file_name, shard_dir};
use crate::{Error, ShardId};

/// A shard and the base offset of one of its segments.
type Key = (ShardId, u64);

/// A segment's open file.
pub(crate) struct OpenSegment {
    pub(crate) file: Arc<dyn File>,
    /// Loaded when it is first needed.
    index: Mutex<Option<Arc<Index>>>,
}

impl OpenSegment {
    fn new(file: Arc<dyn File>, index: Option<Index>) -> Arc<Self> {
        Arc::new(Self { file, index: Mutex::new(index.map(Arc::new)) })
    }

    /// An index that covers the durable part at least.
    pub(crate) fn index(&self, meta: &SegmentMeta) -> Result<Arc<Index>, Error> {
        let mut slot = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let mut index = match slot.take() {
            Some(index) => index,
            None => Arc::new(self.load(meta)?.unwrap_or_else(|| Index::new(meta.base_offset))),
        };
        if index.covered < meta.bytes {
            Arc::make_mut(&mut index).extend(&*self.file, meta)?;
        }
        *slot = Some(Arc::clone(&index));
        Ok(index)
    }

    /// The index in the footer, unless there is none that can be read.
    fn load(&self, meta: &SegmentMeta) -> Result<Option<Index>, Error> {
        if !meta.is_sealed() {
            return Ok(None);
        }
        let length = usize::try_from(meta.footer_bytes).map_err(io::Error::other)?;
        let mut footer = vec![0; length];
        let read = self.file.read_exact_at(&mut footer, meta.bytes);
        let decoded = read.ok().and_then(|()| Index::decode(&footer)).filter(|index| index.covered == meta.bytes);
        if decoded.is_none() {
            tracing::warn!(
                base_offset = meta.base_offset,
                "a segment's footer is damaged; its batches are looked at instead"
            );
        }
        Ok(decoded)
    }

    /// After more was written.
    pub(crate) fn set_index(&self, index: Index) {
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(index));
    }
}

/// All segment files.
pub(crate) struct SegmentFiles {
    files: Arc<dyn Files>,
    dir: PathBuf,
    open_max: usize,
    cache: Mutex<Cache>,
    /// What records are read into.
    buffers: Buffers,
}

#[derive(Default)]
struct Cache {
    open: HashMap<Key, (Arc<OpenSegment>, u64)>,
    /// By last use.
    order: BTreeMap<u64, Key>,
    uses: u64,
}

impl Cache {
    fn get(&mut self, key: Key) -> Option<Arc<OpenSegment>> {
        self.uses += 1;
        let (segment, used) = self.open.get_mut(&key)?;
        self.order.remove(used);
        *used = self.uses;
        self.order.insert(self.uses, key);
        Some(Arc::clone(segment))
    }

    fn insert(&mut self, key: Key, segment: Arc<OpenSegment>, open_max: usize) {
        self.remove(key);
        self.uses += 1;
        self.open.insert(key, (segment, self.uses));
        self.order.insert(self.uses, key);
        while self.open.len() > open_max {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.open.remove(&oldest);
        }
    }

    fn remove(&mut self, key: Key) {
        if let Some((_, used)) = self.open.remove(&key) {
            self.order.remove(&used);
        }
    }
}

impl SegmentFiles {
    pub(crate) fn new(files: Arc<dyn Files>, dir: PathBuf, open_max: usize) -> Self {
        Self { files, dir, open_max: open_max.max(1), cache: Mutex::default(), buffers: Buffers::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The directory of all segments.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn buffers(&self) -> &Buffers {
        &self.buffers
    }

    pub(crate) fn files(&self) -> &dyn Files {
        &*self.files
    }

    pub(crate) fn shared_files(&self) -> Arc<dyn Files> {
        Arc::clone(&self.files)
    }

    pub(crate) fn path(&self, shard: ShardId, base_offset: u64) -> PathBuf {
        shard_dir(&self.dir, shard).join(file_name(base_offset))
    }

    /// The file of an existing segment.
    pub(crate) fn open(&self, shard: ShardId, base_offset: u64) -> io::Result<Arc<OpenSegment>> {
        let key = (shard, base_offset);
        if let Some(segment) = self.lock().get(key) {
            return Ok(segment);
        }
        let segment = OpenSegment::new(self.files.open_direct(&self.path(shard, base_offset))?, None);
        self.lock().insert(key, Arc::clone(&segment), self.open_max);
        Ok(segment)
    }

    /// Begins a new segment. What an interrupted attempt left under its name is written over.
    pub(crate) fn create(&self, shard: ShardId, base_offset: u64) -> io::Result<Arc<OpenSegment>> {
        let path = self.path(shard, base_offset);
        if let Some(dir) = path.parent() {
            self.files.create_dir_all(dir)?;
        }
        match self.files.create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.files.open(&path)?.set_len(0)?,
            created => drop(created?),
        }
        let file = self.files.open_direct(&path)?;
        let segment = OpenSegment::new(file, Some(Index::new(base_offset)));
        self.lock().insert((shard, base_offset), Arc::clone(&segment), self.open_max);
        Ok(segment)
    }

    /// Removes a segment's file; fine if it is gone already.
    pub(crate) fn remove(&self, shard: ShardId, base_offset: u64) -> io::Result<()> {
        self.forget(shard, base_offset);
        match self.files.remove(&self.path(shard, base_offset)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Files that are held open.
    #[cfg(test)]
    pub(crate) fn open_count(&self) -> usize {
        self.lock().open.len()
    }

    /// Closes a segment's file.
    pub(crate) fn forget(&self, shard: ShardId, base_offset: u64) {
        self.lock().remove((shard, base_offset));
    }
}
