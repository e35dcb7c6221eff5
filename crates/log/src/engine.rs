//! What every log engine promises: the trait, its nouns and its errors.
//!
//! Rules, each a test of the conformance suite that runs on every engine: no method answers "unsupported"; an append
//! resolves only when the promised medium has the bytes, in offset order per shard; readers never see what is not
//! durable; a sealed end never moves, and children appear only after it is durable; clocks serve retention and
//! [`Position::AtTime`] only, never safety.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::packed::{self, Packed, Refused};

/// Identifies a stream for ever: never reused within a data directory, so a re-created stream of the same name is a
/// different one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId(pub u64);

/// Identifies a shard: its stream and its index in [`Stream::shards`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShardId {
    /// The stream.
    pub stream: StreamId,
    /// Counts from 0 in the order of creation; never reused.
    pub index: u32,
}

/// The hash keys a shard owns; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashRange {
    /// The lowest key.
    pub start: u128,
    /// The highest key.
    pub end: u128,
}

/// A shard as the descriptor knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its identity.
    pub id: ShardId,
    /// The keys it owns.
    pub range: HashRange,
    /// Indexes of the shards it came from: none, one (split) or two (merge).
    pub parents: Vec<u32>,
    /// Wall-clock milliseconds of its creation.
    pub created_ms: u64,
    /// Where and when it was sealed; `None` while it is open.
    pub sealed: Option<Sealed>,
}

/// The end of a sealed shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// One past the last offset; never moves.
    pub end: u64,
    /// Wall-clock milliseconds of the sealing.
    pub at_ms: u64,
}

/// A stream as it is now. Replaced as a whole by every change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Its identity.
    pub id: StreamId,
    /// Its name: any text, unique among the living streams; faces put account and region in front.
    pub name: String,
    /// Grows by one with every change; what `expected_version` is compared with.
    pub version: u64,
    /// Wall-clock milliseconds of its creation.
    pub created_ms: u64,
    /// How long records stay readable, in milliseconds.
    pub retention_ms: u64,
    /// What the face keeps with the stream; opaque here, replaced in the same transaction as the rest.
    pub annotation: Bytes,
    /// All shards by index, open and sealed, until retention has emptied a sealed one and it is forgotten.
    /// Gaps are possible then: look up with [`Stream::shard`].
    pub shards: Vec<Shard>,
}

impl Stream {
    /// The shard of that index, unless it never was or is forgotten.
    pub fn shard(&self, index: u32) -> Option<&Shard> {
        let found = self.shards.binary_search_by_key(&index, |shard| shard.id.index);
        found.ok().map(|at| &self.shards[at])
    }

    /// The open shards, by index.
    pub fn open_shards(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter(|shard| shard.sealed.is_none())
    }
}

/// What a new stream shall be.
#[derive(Debug, Clone)]
pub struct NewStream {
    /// See [`Stream::name`].
    pub name: String,
    /// One open shard for each range, index 0 first.
    pub ranges: Vec<HashRange>,
    /// See [`Stream::retention_ms`].
    pub retention_ms: u64,
    /// See [`Stream::annotation`].
    pub annotation: Bytes,
}

/// A change of a stream; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct Alteration {
    /// See [`Stream::retention_ms`]. Raising it never brings trimmed records back.
    pub retention_ms: Option<u64>,
    /// See [`Stream::annotation`].
    pub annotation: Option<Bytes>,
}

/// One replacement of shards by shards: a split (one parent, two children), a merge (two parents, one child).
#[derive(Debug, Clone)]
pub struct Reshard {
    /// Indexes of open shards; sealed by this.
    pub parents: Vec<u32>,
    /// The ranges of the new shards, in the order of their new indexes. Together they cover what the parents covered.
    pub children: Vec<HashRange>,
}

/// A record to append.
#[derive(Debug, Clone, Default)]
pub struct NewRecord {
    /// The key; Kinesis' partition key.
    pub key: Bytes,
    /// The payload.
    pub value: Bytes,
    /// Named extras, usually none.
    pub headers: Vec<(Bytes, Bytes)>,
}

/// What an append demands of the shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Condition {
    /// Nothing.
    #[default]
    None,
    /// The first record must get exactly this offset, else [`Error::Conflict`] and nothing is written.
    NextOffset(u64),
}

/// Records for one shard; they get consecutive offsets and become durable together.
#[derive(Debug, Clone)]
pub struct Append {
    /// Where to.
    pub shard: ShardId,
    /// What; at least one.
    pub records: Vec<NewRecord>,
    /// Under which condition.
    pub condition: Condition,
}

/// A durable append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The offset of the first record; the others follow.
    pub first_offset: u64,
    /// The arrival time of all of them, in wall-clock milliseconds; never decreases in a shard.
    pub arrival_ms: u64,
}

/// A place in a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The oldest record that retention still shows.
    Horizon,
    /// Behind the newest durable record.
    Latest,
    /// This offset.
    At(u64),
    /// The offset after this one.
    After(u64),
    /// The first record that arrived at or after this instant (wall-clock milliseconds).
    AtTime(u64),
}

/// How much a read may return. A read returns at least one record if there is one, even beyond `bytes_max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Records at the most.
    pub records_max: usize,
    /// Key plus value bytes at the most.
    pub bytes_max: usize,
}

/// A stored record, borrowed from the bytes as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordView<'a> {
    /// Its place.
    pub offset: u64,
    /// When it arrived, in wall-clock milliseconds.
    pub arrival_ms: u64,
    /// See [`NewRecord::key`].
    pub key: &'a [u8],
    /// See [`NewRecord::value`].
    pub value: &'a [u8],
    /// The encoded headers; read with [`RecordView::headers`].
    pub(crate) headers: &'a [u8],
}

/// What a shard holds right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The first readable offset: trimming and the stream's current retention considered.
    pub horizon: u64,
    /// One past the last durable record.
    pub end: u64,
    /// Arrival of the newest durable record; the shard's creation while there is none.
    pub newest_arrival_ms: u64,
    /// No record will follow: the shard is sealed.
    pub sealed: bool,
}

/// What the engine measures of a shard since it was opened; monotonic counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShardStats {
    /// Records appended.
    pub records_in: u64,
    /// Key plus value bytes appended.
    pub bytes_in: u64,
    /// Records read.
    pub records_out: u64,
    /// Key plus value bytes read.
    pub bytes_out: u64,
    /// Bytes on disk, in the write-ahead log and in segments.
    pub stored_bytes: u64,
}

/// One stored file of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The offset of its first record.
    pub base_offset: u64,
    /// One past the offset of its last record.
    pub end_offset: u64,
    /// Bytes of record batches in it.
    pub bytes: u64,
    /// Arrival of its first record.
    pub first_arrival_ms: u64,
    /// Arrival of its last record.
    pub last_arrival_ms: u64,
    /// Immutable, with a footer.
    pub is_sealed: bool,
}

/// Why an engine refused, told as what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another node owns the shard.
    #[error("another node owns the shard")]
    NotOwner,
    /// The shard is sealed: append to its children.
    #[error("the shard is sealed at offset {end}")]
    Sealed {
        /// One past its last offset.
        end: u64,
    },
    /// The offset is no longer stored: read from `horizon`.
    #[error("the offset is trimmed, the oldest is {horizon}")]
    Trimmed {
        /// The first readable offset.
        horizon: u64,
    },
    /// A condition or an expected version does not hold: look again and decide.
    #[error("the condition does not hold, the next is {next}")]
    Conflict {
        /// The shard's next offset, or the stream's current version.
        next: u64,
    },
    /// A newer owner has taken over: stop.
    #[error("a newer owner has taken over")]
    Fenced,
    /// Too much is waiting: try again later.
    #[error("too much is waiting, try again in {retry_ms} ms")]
    Throttled {
        /// A hint, in milliseconds.
        retry_ms: u64,
    },
    /// The medium refuses for now, for example because the disk is full: nothing was written, try again later.
    #[error("the medium does not accept writes, try again in {retry_ms} ms")]
    Unavailable {
        /// A hint, in milliseconds.
        retry_ms: u64,
    },
    /// The write may or may not have become durable.
    #[error("the outcome of the write is not known")]
    ResultUnknown,
    /// Stored bytes fail their checksum.
    #[error("stored records {from}..{to} are damaged")]
    Corrupt {
        /// The first damaged offset.
        from: u64,
        /// One past the last damaged offset.
        to: u64,
    },
    /// No such stream or shard.
    #[error("no such stream or shard")]
    NotFound,
    /// The request contradicts itself or the stream.
    #[error("invalid request: {0}")]
    Invalid(&'static str),
    /// The file system failed.
    #[error("file system failure")]
    Io(#[from] io::Error),
}

/// The future every call returns.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, Error>>;

/// A durable sharded log.
///
/// Every method may be called at once from anywhere. A dropped future of a writing call leaves its outcome open.
pub trait LogEngine: Send + Sync + 'static {
    /// Creates a stream. [`Error::Conflict`] when the name is taken.
    fn create_stream(&self, new: NewStream) -> Answer<'_, Arc<Stream>>;

    /// The living stream of that name.
    fn describe_stream<'a>(&'a self, name: &'a str) -> Answer<'a, Arc<Stream>>;

    /// Living streams whose name begins with `prefix` and sorts after `after`, by name, at most `count_max`.
    fn list_streams<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        count_max: usize,
    ) -> Answer<'a, Vec<Arc<Stream>>>;

    /// Changes a stream. [`Error::Conflict`] when it is not at `expected_version` any more.
    fn alter_stream(&self, id: StreamId, expected_version: u64, change: Alteration) -> Answer<'_, Arc<Stream>>;

    /// Seals the parents and, once their ends are durable, opens the children; all steps and the annotation
    /// become visible at once. Appends to a parent fail with [`Error::Sealed`] from then on.
    fn reshard(
        &self,
        id: StreamId,
        expected_version: u64,
        steps: Vec<Reshard>,
        annotation: Option<Bytes>,
    ) -> Answer<'_, Arc<Stream>>;

    /// Forgets a stream and everything in it.
    fn delete_stream(&self, id: StreamId, expected_version: u64) -> Answer<'_, ()>;

    /// Appends to any number of shards at once. The answers stand in the order of the requests; each resolves on its
    /// own merits, the future when all are durable or refused.
    fn append(&self, appends: Vec<Append>) -> Answer<'_, Vec<Result<Appended, Error>>>;

    /// Appends what is packed already, as [`LogEngine::append`] does, without conditions. Parts that are refused with
    /// [`Error::Sealed`] come back.
    fn append_packed(&self, packed: Packed) -> Answer<'_, Vec<Result<Appended, Refused>>> {
        Box::pin(packed::append_unpacked(self, packed))
    }

    /// Turns a position into an offset. Positions before the horizon give the horizon, positions behind the end the
    /// end (for [`Position::AtTime`]) or [`Error::Invalid`] (for offsets).
    fn locate(&self, shard: ShardId, position: Position) -> Answer<'_, u64>;

    /// Reads durable records from `from` on. With nothing there it waits for up to `wait`, then answers an empty
    /// batch; it does not wait at the end of a sealed shard. [`Error::Trimmed`] before the horizon.
    fn read(
        &self,
        shard: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> Answer<'_, crate::RecordBatches>;

    /// What the shard holds right now.
    fn bounds(&self, shard: ShardId) -> Answer<'_, Bounds>;

    /// Makes everything before `before` unreadable and lets its files go.
    fn trim(&self, shard: ShardId, before: u64) -> Answer<'_, ()>;

    /// The shard's files, oldest first.
    fn segments(&self, shard: ShardId) -> Answer<'_, Vec<Segment>>;

    /// The node that accepts appends for the shard: `None` means this one.
    fn owner(&self, shard: ShardId) -> Answer<'_, Option<String>>;

    /// Counters of the shard.
    fn shard_stats(&self, shard: ShardId) -> Answer<'_, ShardStats>;

    /// Writes out what is only in the write-ahead log, so that the next start is quick. Called at shutdown.
    fn close(&self) -> Answer<'_, ()>;
}
