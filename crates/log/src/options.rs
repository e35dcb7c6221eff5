//! How a disk log is opened, and why that may fail.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use host::Host;

const MIB: usize = 1024 * 1024;

/// What is called, with a sentence about the cause, when nobody can tell any more what is durable.
pub type OnFatal = Arc<dyn Fn(&str) + Send + Sync>;

/// Sizes and times of a disk log.
#[derive(Clone)]
pub struct Options {
    /// Bytes of one write-ahead file; also bounds one append.
    pub wal_file_bytes: usize,
    /// Bytes of all write-ahead files; beyond that appends are throttled until segments have caught up.
    pub wal_total_bytes: usize,
    /// Payload that one commit takes; a larger single append is taken alone.
    pub block_bytes_max: usize,
    /// Appends that may wait for the disk, in bytes; beyond that they are throttled.
    pub queue_bytes_max: usize,
    /// Recent blocks kept in memory, in bytes.
    pub tail_bytes_max: usize,
    /// A segment is sealed when it has this many bytes.
    pub segment_bytes_max: u64,
    /// A segment is sealed when it is this old.
    pub segment_age_max_ms: u64,
    /// Records are copied to segments when they have been in the write-ahead log only for this long.
    pub flush_age_ms: u64,
    /// Time between two rounds of retention.
    pub upkeep_interval_ms: u64,
    /// Segment files that are held open.
    pub open_files_max: usize,
    /// Descriptions of shards that one transaction of the store takes, in bytes; one is always taken.
    pub transaction_bytes_max: usize,
    /// Called when a sync has failed; must end the process. By default it aborts.
    pub on_fatal: OnFatal,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wal_file_bytes: 32 * MIB,
            wal_total_bytes: 1024 * MIB,
            block_bytes_max: 8 * MIB,
            queue_bytes_max: 64 * MIB,
            // Three files, so that full ones are still in memory when they are copied, also under full load.
            tail_bytes_max: 100 * MIB,
            segment_bytes_max: 64 * MIB as u64,
            segment_age_max_ms: 60 * 60 * 1000,
            flush_age_ms: 60 * 1000,
            upkeep_interval_ms: 5 * 1000,
            open_files_max: 256,
            transaction_bytes_max: 4 * MIB,
            on_fatal: Arc::new(|_cause| std::process::abort()),
        }
    }
}

impl Options {
    /// Write-ahead files that may exist at once; with less than two, every change of files would wait for segments.
    pub(crate) fn wal_files_max(&self) -> usize {
        (self.wal_total_bytes / self.wal_file_bytes).max(2)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("wal_file_bytes", &self.wal_file_bytes)
            .field("wal_total_bytes", &self.wal_total_bytes)
            .finish_non_exhaustive()
    }
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works on this directory.
    #[error("another process uses the data directory {}", dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
    },
    /// Acknowledged records are damaged or missing: restore the directory from a copy.
    #[error("acknowledged records are damaged: {} at byte {position}: {what}", file.display())]
    Damaged {
        /// Where: the file …
        file: PathBuf,
        /// … and the byte.
        position: u64,
        /// What was found or missed there.
        what: String,
    },
    /// A descriptor in the store cannot be read: it is damaged or written by a newer version.
    #[error("the log's description of {what} cannot be read")]
    Description {
        /// Which one.
        what: String,
    },
    /// The store refused.
    #[error("the store cannot be read")]
    Store(#[from] store::Error),
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried …
        action: &'static str,
        /// … with which path …
        path: PathBuf,
        /// … and what came of it.
        source: io::Error,
    },
}

impl OpenError {
    /// For `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

/// Keeps other processes out of a directory while it lives.
pub struct DirectoryLock {
    _guard: Box<dyn Send + Sync>,
}

impl fmt::Debug for DirectoryLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirectoryLock")
    }
}

/// Creates the directory if need be and takes it for this process. For everything that lies in it, before it is opened.
pub fn lock_directory(host: &Host, dir: &Path) -> Result<DirectoryLock, OpenError> {
    host.files().create_dir_durable(dir).map_err(OpenError::io("create", dir))?;
    let path = dir.join("LOCK");
    match host.files().lock(&path) {
        Ok(guard) => Ok(DirectoryLock { _guard: guard }),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(OpenError::InUse { dir: dir.to_owned() }),
        Err(error) => Err(OpenError::io("lock", &path)(error)),
    }
}
