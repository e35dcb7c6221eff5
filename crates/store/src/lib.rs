//! Bytes at rest: ordered keys in named tables, changed in transactions that are durable when they are answered.
//!
//! One redb file (`store.redb`) behind a committer: all transactions that wait while the disk works are merged into
//! the next one, so that a commit costs a share of an fsync. Reads see what is durable, and nothing else.
//! What is too large for a row is a blob: a file of its own that transactions refer to ([`Blobs`]).
//! Single process: whoever owns the data directory locks it before opening the store.

pub mod blobs;
mod changes;
mod committer;
mod database;
mod error;

#[cfg(test)]
mod tests;

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use host::Host;

pub use blobs::{BlobId, BlobReader, BlobWriter, Blobs, NewBlob};
pub use changes::Changes;
pub use error::Error;

use committer::Queue;
use database::Shared;

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Memory for cached pages, in bytes.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 4 * 1024 * 1024 }
    }
}

/// A handle on the ordered tables of one data directory. Cheap to clone; the file is closed with the last handle.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    queue: Queue,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens `dir/store.redb`, creating it if there is none. Repairs what a crash left half done.
    pub fn open(host: &Host, dir: &Path) -> Result<Self, Error> {
        Self::open_with(host, dir, Options::default())
    }

    /// Like [`Store::open`], with other than the default options.
    pub fn open_with(host: &Host, dir: &Path, options: Options) -> Result<Self, Error> {
        let shared = Arc::new(Shared::open(host, dir, options)?);
        let queue = committer::start(host, &shared);
        Ok(Self { shared, queue })
    }

    /// The value of a key.
    pub fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.shared.get(table, key)
    }

    /// Pairs of a table whose keys lie in the range, in key order, at most `limit`.
    pub fn scan(&self, table: &str, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Pair>, Error> {
        self.shared.scan(table, from, to, limit)
    }

    pub(crate) fn trash_notice(&self) -> &Arc<tokio::sync::Notify> {
        self.shared.trash_notice()
    }

    /// Makes the changes, all or none; durable when it resolves with success.
    ///
    /// Changes take effect in the order in which their `commit` was first polled. A dropped future leaves the outcome
    /// open, and so do [`Error::Io`] and [`Error::Closed`]; after any other error nothing was changed.
    pub fn commit(&self, changes: Changes) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        // The handle goes along, so that the file stays open until the answer is there.
        let store = self.clone();
        async move { store.queue.submit(changes).await }
    }
}
