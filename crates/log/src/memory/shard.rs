//! One shard of the engine in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Notify;

use crate::batch::{self, Encoder, Window};
use crate::{Append, Appended, Bounds, Condition, Error, Position, RecordBatches, Sealed, Segment, ShardStats};

/// A shard's records.
#[derive(Default)]
pub(super) struct MemoryShard {
    pub(super) batches: VecDeque<(batch::Head, Bytes)>,
    pub(super) end: u64,
    pub(super) newest_arrival_ms: u64,
    pub(super) trim: u64,
    pub(super) sealed: Option<Sealed>,
    pub(super) stats: ShardStats,
    pub(super) waiting: Arc<Notify>,
}

impl MemoryShard {
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            horizon: self.trim,
            end: self.end,
            newest_arrival_ms: self.newest_arrival_ms,
            sealed: self.sealed.is_some(),
        }
    }

    /// Drops what is before the start or arrived before the cutoff; answers the freed bytes.
    pub(super) fn expire(&mut self, cutoff_ms: u64) -> usize {
        let mut freed = 0;
        while let Some((head, bytes)) = self.batches.front() {
            if head.arrival_ms >= cutoff_ms && head.end_offset() > self.trim {
                break;
            }
            self.trim = self.trim.max(head.end_offset());
            freed += bytes.len();
            self.batches.pop_front();
        }
        self.stats.stored_bytes -= freed as u64;
        freed
    }

    pub(super) fn append(&mut self, append: &Append, now_ms: u64) -> Result<Appended, Error> {
        if let Some(sealed) = self.sealed {
            return Err(Error::Sealed { end: sealed.end });
        }
        if let Condition::NextOffset(wanted) = append.condition
            && wanted != self.end
        {
            return Err(Error::Conflict { next: self.end });
        }
        let first_offset = self.end;
        let arrival_ms = now_ms.max(self.newest_arrival_ms);
        let mut buffer = Vec::with_capacity(batch::HEADER_BYTES + batch::records_bytes_max(&append.records));
        let mut encoder = Encoder::begin(&mut buffer, first_offset, arrival_ms);
        for record in &append.records {
            encoder.push(record);
        }
        encoder.finish();
        let head = batch::head(&buffer).expect("it was just encoded");
        self.end = head.end_offset();
        self.newest_arrival_ms = arrival_ms;
        self.stats.records_in += append.records.len() as u64;
        self.stats.bytes_in += batch::data_bytes(&append.records) as u64;
        self.stats.stored_bytes += buffer.len() as u64;
        self.batches.push_back((head, Bytes::from(buffer)));
        self.waiting.notify_waiters();
        Ok(Appended { first_offset, arrival_ms })
    }

    pub(super) fn check_from(&self, from: u64) -> Result<(), Error> {
        if from < self.trim {
            return Err(Error::Trimmed { horizon: self.trim });
        }
        if from > self.end {
            return Err(Error::Invalid("the offset lies behind the end"));
        }
        Ok(())
    }

    pub(super) fn locate(&self, position: Position) -> Result<u64, Error> {
        let offset = match position {
            Position::Horizon => self.trim,
            Position::Latest => self.end,
            Position::At(offset) => offset,
            Position::After(offset) => offset.saturating_add(1),
            Position::AtTime(at_ms) => {
                let index = self.batches.partition_point(|(head, _)| head.arrival_ms < at_ms);
                self.batches.get(index).map_or(self.end, |(head, _)| head.base_offset)
            }
        };
        if offset > self.end {
            return Err(Error::Invalid("the offset lies behind the end"));
        }
        Ok(offset.max(self.trim))
    }

    pub(super) fn fill(&mut self, mut window: Window) -> Result<RecordBatches, Error> {
        let first = self.batches.partition_point(|(head, _)| head.end_offset() <= window.next());
        for (_, bytes) in self.batches.range(first..) {
            if window.is_full() {
                break;
            }
            window.push(bytes.clone())?;
        }
        let batches = RecordBatches { bounds: Some(self.bounds()), ..window.finish() };
        self.stats.records_out += batches.len() as u64;
        self.stats.bytes_out += batches.bytes as u64;
        Ok(batches)
    }

    pub(super) fn segments(&self) -> Vec<Segment> {
        let (Some((first, _)), Some((last, _))) = (self.batches.front(), self.batches.back()) else {
            return Vec::new();
        };
        vec![Segment {
            base_offset: first.base_offset,
            end_offset: last.end_offset(),
            bytes: self.stats.stored_bytes,
            first_arrival_ms: first.arrival_ms,
            last_arrival_ms: last.arrival_ms,
            is_sealed: false,
        }]
    }
}
