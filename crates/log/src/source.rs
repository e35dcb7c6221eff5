//! Streams of somebody else, as readers in the same process see them: shards, and records that can be read whether they
//! were sealed or not. The server wires who has streams to who reads them.

#[cfg(feature = "testing")]
mod plain;

use std::time::Duration;

use crate::{Error, Position, ReadLimits, ShardId, StreamId};
use bytes::Bytes;
use futures::future::BoxFuture;

#[cfg(feature = "testing")]
pub use plain::PlainStreams;

/// A data stream as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStream {
    /// Differs when a stream of the same name was made anew.
    pub id: StreamId,
    /// Wall-clock milliseconds of its creation.
    pub created_ms: u64,
    /// Its shards by index, open and closed.
    pub shards: Vec<SourceShard>,
}

/// A shard of a data stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceShard {
    /// Its identity.
    pub id: ShardId,
    /// Its wire name, for example `shardId-000000000000`.
    pub name: String,
    /// Indexes of the shards it came from.
    pub parents: Vec<u32>,
    /// One past the last offset, once it is closed.
    pub end: Option<u64>,
}

/// A record of a data stream, readable whether it was encrypted at rest or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRecord {
    /// Its place in the shard.
    pub offset: u64,
    /// Its arrival in the data stream, in wall-clock milliseconds.
    pub arrival_ms: u64,
    /// Its partition key.
    pub partition_key: Bytes,
    /// Its data.
    pub data: Bytes,
    /// Its sequence number as the data stream's own readers see it.
    pub sequence_number: String,
}

/// What one read gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRead {
    /// The records, in order.
    pub records: Vec<SourceRecord>,
    /// Where to go on.
    pub next: u64,
    /// Whether nothing will ever follow.
    pub has_ended: bool,
}

/// Why a data stream could not be read, told as what the reader can do.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The stream or the shard is gone.
    #[error("the data stream or its shard does not exist")]
    NotFound,
    /// The offset is gone: go on at `horizon`.
    #[error("the offset is trimmed, the oldest is {horizon}")]
    Trimmed {
        /// The first readable offset.
        horizon: u64,
    },
    /// Anything else: try again later.
    #[error("the data stream could not be read: {0}")]
    Failed(String),
}

impl From<Error> for SourceError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::Trimmed { horizon } => Self::Trimmed { horizon },
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Reads data streams.
pub trait StreamSource: Send + Sync + 'static {
    /// The stream of that name, if there is one that is not being deleted.
    fn describe<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SourceStream>, SourceError>>;

    /// Turns a position into an offset.
    fn locate(&self, shard: ShardId, position: Position) -> BoxFuture<'_, Result<u64, SourceError>>;

    /// Reads from an offset on; waits for up to `wait` where there is nothing yet.
    fn read(
        &self,
        shard: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> BoxFuture<'_, Result<SourceRead, SourceError>>;
}
