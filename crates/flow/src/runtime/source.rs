//! Where an application's rows come from.

use std::time::Duration;

use arrow_array::ArrayRef;
use futures::future::BoxFuture;

use super::Failure;
use crate::RowError;

/// Where an application starts to read when it is started on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartingPosition {
    /// Behind everything that is there.
    Now,
    /// With the oldest record that is there.
    TrimHorizon,
    /// Where the application was when it last stopped; with the oldest record if it never ran.
    LastStoppedPoint,
}

/// What an application reads. One task owns it and reads ahead while the rows before are being worked on.
///
/// A *position* says how far everything has been read (say, the next record of each shard), a *range* which records one
/// poll gave (say, from where to where of each shard it touched). Both are the source's own bytes; ranges are written into the
/// journal for each poll, so keep them short.
pub trait Source: Send {
    /// The position to begin with: [`StartingPosition::Now`] or [`StartingPosition::TrimHorizon`].
    /// What is behind it must be found again by every later start, so it has to name records and not a moment.
    fn begin(&mut self, start: StartingPosition) -> BoxFuture<'_, Result<Vec<u8>, Failure>>;

    /// Goes on from a position; called before the first poll, and never after it.
    fn seek<'a>(&'a mut self, position: &'a [u8]) -> BoxFuture<'a, Result<(), Failure>>;

    /// The next records. Answers as soon as there are some, with an empty range after `wait` without any.
    ///
    /// Shards go by turns in a fixed order, and records of a shard in theirs. At most some thousand records or a few MiB at once,
    /// so that memory stays bounded. After a failure nothing was read. The future may be dropped when the application stops.
    fn poll(&mut self, wait: Duration) -> BoxFuture<'_, Result<Polled, Failure>>;

    /// Reads a range once more and goes on behind it. The same rows in the same order as the first time.
    /// [`Failure::Gone`] when some of its records are not there any more.
    fn again<'a>(&'a mut self, range: &'a [u8]) -> BoxFuture<'a, Result<Polled, Failure>>;
}

/// What a poll gave.
#[derive(Debug, Clone, Default)]
pub struct Polled {
    /// Which records these are; empty when there are none.
    pub range: Vec<u8>,
    /// How far everything has been read with them.
    pub position: Vec<u8>,
    /// The rows of them, at most one batch for each in-application stream, by ascending stream.
    pub arrived: Vec<Arrived>,
    /// How many records there were.
    pub record_count: u64,
    /// How old the newest record is against the newest one that the source holds, in milliseconds; 0 when all was read.
    pub behind_ms: u64,
}

/// Rows that arrived for one in-application stream, without their ROWTIME: the runtime stamps them.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Which of the application's input streams, by its place in [`crate::bind::Environment::streams`].
    pub stream: usize,
    /// How many rows.
    pub count: usize,
    /// An array for every column of the stream's schema, hidden ones included, with `count` values.
    /// Columns that are not needed (`Graph::needed_columns`) may be NULL throughout.
    pub columns: Vec<ArrayRef>,
    /// Records that could not be made into rows; they go to the error stream.
    pub rejected: Vec<Rejected>,
}

/// A record that could not be made into rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The record's bytes; cut where they are more than the error stream shows ([`crate::graph::DATA_ROW_BYTES_MAX`]).
    pub record: Vec<u8>,
    /// What is wrong with it.
    pub error: RowError,
}
