//! A write-ahead file and its name, which carries the generation that its blocks must carry.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use super::pool::Pool;
use crate::shard::ShardState;

/// Where write-ahead files lie, below the log's directory.
pub(crate) const DIRECTORY: &str = "wal";
const EXTENSION: &str = "wal";

/// A file in use. Whoever holds one keeps it from being used again.
pub(crate) struct WalFile {
    pub(crate) generation: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn host::files::File>,
    pool: Weak<Pool>,
    /// All that is in it is in segments.
    is_done: AtomicBool,
}

impl WalFile {
    pub(crate) fn new(generation: u64, path: PathBuf, file: Arc<dyn host::files::File>, pool: &Arc<Pool>) -> Self {
        Self { generation, path, file, pool: Arc::downgrade(pool), is_done: AtomicBool::new(false) }
    }

    /// Lets it be used again as soon as nobody reads it any more.
    pub(crate) fn retire(&self) {
        self.is_done.store(true, Ordering::Release);
    }
}

impl Drop for WalFile {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade().filter(|_| *self.is_done.get_mut()) {
            pool.take_back(std::mem::take(&mut self.path), Arc::clone(&self.file));
        }
    }
}

impl fmt::Debug for WalFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalFile").field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// A file that gets no more blocks.
#[derive(Debug)]
pub(crate) struct FullFile {
    pub(crate) file: Arc<WalFile>,
    /// The shards that have batches in it.
    pub(crate) touched: Vec<Arc<ShardState>>,
    /// Its last block, or the last one before it.
    pub(crate) last_lsn: u64,
}

pub(crate) fn file_name(generation: u64) -> String {
    format!("{generation:020}.{EXTENSION}")
}

/// The generation in a file's name.
pub(crate) fn generation_of(path: &Path) -> Option<u64> {
    let is_ours = path.extension().is_some_and(|extension| extension == EXTENSION);
    is_ours.then(|| path.file_stem()?.to_str()?.parse().ok()).flatten()
}
