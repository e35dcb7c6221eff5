//! Why the store refused, told as what the caller can do.

use std::io;
use std::sync::Arc;

/// Why the store refused. Cloneable, because one failed transaction answers everybody who was merged into it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// An expectation does not hold: look again and decide. Nothing was changed.
    #[error("an expected value is not there")]
    Conflict,
    /// The disk is full: nothing was changed; works again as soon as there is room.
    #[error("the disk is full")]
    Full,
    /// One transaction is larger than the queue: split it. Nothing was changed.
    #[error("a transaction of {bytes} bytes is too large, {bytes_max} are allowed")]
    TooLarge {
        /// Its tables, keys and values.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The file is damaged: restore it from a copy.
    #[error("the store's file is damaged: {0}")]
    Corrupt(String),
    /// The file system failed; whether a commit became durable is not known.
    #[error("file system failure")]
    Io(#[source] Arc<io::Error>),
    /// The store does not work any more, because a sync has failed or its runtime has ended: restart.
    #[error("the store is closed")]
    Closed,
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::InvalidData => Self::Corrupt(error.to_string()),
            _ => Self::Io(Arc::new(error)),
        }
    }
}

impl From<host::Unfinished> for Error {
    fn from(_: host::Unfinished) -> Self {
        Self::Closed
    }
}

impl From<redb::Error> for Error {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => error.into(),
            redb::Error::Corrupted(what) => Self::Corrupt(what),
            redb::Error::DatabaseClosed => Self::Closed,
            other => Self::Io(Arc::new(io::Error::other(other))),
        }
    }
}
