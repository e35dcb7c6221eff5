//! When what is buffered is delivered: after so many bytes or so much time, whichever comes first.
//!
//! Pure: the same records at the same times give the same bounds. What a delivery takes is counted before compression
//! and before processing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::configuration::Hints;

/// An interval of 0 s means "within a moment": so that one object takes more than one record.
const MOMENT_MS: u64 = 500;
/// A delivery that begins this much later than its interval wants is late.
const LATE_MS: u64 = 10_000;
/// So many times the size a late delivery takes, to catch up with fewer objects.
const GROWTH: u64 = 4;
/// Up to these many bytes buffers grow: four times the largest hint.
const GROWN_BYTES_MAX: u64 = 512 << 20;

/// Offsets of one shard; `to` does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What one delivery takes, by shard.
pub(crate) type Spans = BTreeMap<u32, Span>;

/// What is buffered and not yet sealed.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    spans: Spans,
    bytes: u64,
    records: u64,
    oldest_ms: Option<u64>,
}

/// What is to be done with a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing: it is empty.
    Empty,
    /// Look again after so many milliseconds, or when more has come.
    Wait(u64),
    /// Deliver it.
    Seal,
}

impl Buffer {
    /// Takes note of the next record of a shard.
    pub(crate) fn add(&mut self, shard: u32, offset: u64, bytes: u64, arrival_ms: u64) {
        let span = self.spans.entry(shard).or_insert(Span { from: offset, to: offset });
        span.to = offset + 1;
        self.bytes += bytes;
        self.records += 1;
        self.oldest_ms = Some(self.oldest_ms.map_or(arrival_ms, |oldest_ms| oldest_ms.min(arrival_ms)));
    }

    /// Whether it takes no more, however late the delivery is.
    pub(crate) fn is_full(&self, size: u64) -> bool {
        self.records > 0 && self.bytes >= size
    }

    /// What is to be done when everything that has come is noted.
    pub(crate) fn verdict(&self, hints: Hints, size: u64, now_ms: u64) -> Verdict {
        let Some(oldest_ms) = self.oldest_ms else { return Verdict::Empty };
        if self.is_full(size) {
            return Verdict::Seal;
        }
        // A clock that was set back makes nobody wait longer than the interval.
        let interval_ms = hints.interval_ms().max(MOMENT_MS);
        match interval_ms.saturating_sub(now_ms.saturating_sub(oldest_ms)) {
            0 => Verdict::Seal,
            left_ms => Verdict::Wait(left_ms),
        }
    }

    /// The size that seals it: what the hints say, more when the delivery is late.
    pub(crate) fn size(&self, hints: Hints, partitions: u64, now_ms: u64) -> u64 {
        let hinted = hints.size_bytes().saturating_mul(partitions.max(1));
        let lag_ms = self.oldest_ms.map_or(0, |oldest_ms| now_ms.saturating_sub(oldest_ms));
        let is_late = lag_ms > 2 * hints.interval_ms() + LATE_MS;
        match is_late {
            true => (hinted * GROWTH).min(hinted.max(GROWN_BYTES_MAX)),
            false => hinted,
        }
    }

    /// Arrival of its oldest record.
    pub(crate) fn oldest_ms(&self) -> Option<u64> {
        self.oldest_ms
    }

    /// Takes everything out.
    pub(crate) fn take(&mut self) -> Spans {
        std::mem::take(self).spans
    }
}

#[cfg(test)]
mod tests;
