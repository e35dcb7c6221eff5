//! Finding and reading what is durable: from memory, from the write-ahead log or from segments.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{self, Either};

use super::Shared;
use crate::batch::Window;
use crate::segment::{self, SegmentMeta};
use crate::shard::{Horizon, Inner, ShardState};
use crate::tail::TailEntry;
use crate::{Bounds, Error, Position, ReadLimits, RecordBatches, ShardId};

/// Entries of a tail that are taken at once, since the shard is locked for that.
const ENTRIES_MAX: usize = 1024;

/// What the next records of a window come from.
enum Source {
    Tail(Vec<TailEntry>),
    Segment(SegmentMeta),
    /// There are no more.
    End,
}

impl Shared {
    /// The first readable offset, retention considered.
    pub(crate) fn horizon(&self, shard: &ShardState) -> Result<u64, Error> {
        loop {
            let (meta, cutoff_ms) = match shard.horizon(self.host.now_ms())? {
                Horizon::At(horizon) => return Ok(horizon),
                Horizon::InSegment(meta, cutoff_ms) => (meta, cutoff_ms),
            };
            let opened = self.segments.open(shard.id, meta.base_offset).map_err(Error::from);
            match opened.and_then(|open| segment::find_time(&open, &meta, cutoff_ms)) {
                // A trim may lie between the batch's first record and its last.
                Ok(Some((offset, arrival_ms))) => {
                    let mut inner = shard.lock();
                    let trim = inner.trim.max(offset);
                    inner.advance(trim, Some(arrival_ms));
                }
                Ok(None) => shard.lock().advance(meta.end_offset, None),
                Err(error) => {
                    // Showing records a little longer is better than none; reading them will tell what is wrong.
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(cause, shard = ?shard.id, "the horizon cannot be looked up");
                    return Ok(shard.lock().trim);
                }
            }
        }
    }

    pub(super) fn locate(&self, id: ShardId, position: Position) -> Result<u64, Error> {
        let shard = self.registry.shard(id)?;
        let horizon = self.horizon(&shard)?;
        let end = shard.lock().end;
        let offset = match position {
            Position::Horizon => horizon,
            Position::Latest => end,
            Position::At(offset) => offset,
            Position::After(offset) => offset.saturating_add(1),
            Position::AtTime(at_ms) => self.find_time(&shard, at_ms)?,
        };
        if offset > end.max(horizon) && !matches!(position, Position::AtTime(_)) {
            return Err(Error::Invalid("the offset lies behind the end"));
        }
        Ok(offset.max(horizon))
    }

    fn find_time(&self, shard: &ShardState, at_ms: u64) -> Result<u64, Error> {
        let meta = {
            let inner = shard.lock();
            let segments = &inner.stored.segments;
            let index = segments.partition_point(|segment| segment.last_arrival_ms < at_ms);
            match segments.get(index) {
                Some(segment) if segment.first_arrival_ms >= at_ms => return Ok(segment.base_offset),
                Some(segment) => segment.clone(),
                None => {
                    let index = inner.tail.partition_point(|entry| entry.arrival_ms < at_ms);
                    return Ok(inner.tail.get(index).map_or(inner.end, |entry| entry.base_offset));
                }
            }
        };
        let open = self.segments.open(shard.id, meta.base_offset)?;
        let found = segment::find_time(&open, &meta, at_ms)?;
        Ok(found.map_or(meta.end_offset, |(offset, _)| offset))
    }

    pub(super) async fn read(
        &self,
        id: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> Result<RecordBatches, Error> {
        let shard = self.registry.shard(id)?;
        let mut timer = wait.filter(|wait| !wait.is_zero()).map(|wait| self.host.sleep(wait));
        loop {
            let horizon = self.horizon(&shard)?;
            let changed = {
                let mut inner = shard.lock();
                check_from(&inner, from, horizon)?;
                if from < inner.end {
                    None
                } else if timer.is_none() || inner.sealed.is_some() {
                    return Ok(RecordBatches { from, next: from, bounds: Some(inner.bounds()), ..Default::default() });
                } else {
                    Some(inner.wait())
                }
            };
            let Some(changed) = changed else { break };
            let Some(running) = timer.take() else { break };
            timer = match future::select(Box::pin(changed), running).await {
                Either::Left(((), running)) => Some(running),
                Either::Right(((), _)) => None,
            };
        }
        self.fill(&shard, Window::new(from, limits))
    }

    fn fill(&self, shard: &Arc<ShardState>, mut window: Window) -> Result<RecordBatches, Error> {
        let from = window.next();
        let mut failure = None;
        while !window.is_full() {
            // Not in the `match` itself, which would hold the lock over its arms.
            let source = source(&shard.lock(), &window)?;
            let filled = match source {
                Source::End => break,
                Source::Tail(entries) => fill_from_tail(&entries, &mut window),
                Source::Segment(meta) => self.fill_from_segment(shard, &meta, &mut window),
            };
            if let Err(error) = filled {
                failure = Some(error);
                break;
            }
        }
        if let Some(error) = failure.filter(|_| window.next() == from) {
            return Err(error);
        }
        // What was read before the damaged place is good; the next read will come upon it.
        let bounds: Bounds = shard.lock().bounds();
        let batches = RecordBatches { bounds: Some(bounds), ..window.finish() };
        shard.count_read(batches.len(), batches.bytes);
        Ok(batches)
    }

    fn fill_from_segment(&self, shard: &ShardState, meta: &SegmentMeta, window: &mut Window) -> Result<(), Error> {
        if window.next() < meta.base_offset {
            return Err(Error::Corrupt { from: window.next(), to: meta.base_offset });
        }
        let error = match self.segments.open(shard.id, meta.base_offset) {
            Ok(open) => return segment::read(&open, meta, self.segments.buffers(), window),
            Err(error) => error,
        };
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error.into());
        }
        let inner = shard.lock();
        if window.next() < inner.trim {
            // Retention was faster.
            return Err(Error::Trimmed { horizon: inner.trim });
        }
        Err(Error::Corrupt { from: window.next(), to: meta.end_offset })
    }
}

fn check_from(inner: &Inner, from: u64, horizon: u64) -> Result<(), Error> {
    if inner.is_deleted {
        return Err(Error::NotFound);
    }
    if from < horizon {
        return Err(Error::Trimmed { horizon });
    }
    if from > inner.end {
        return Err(Error::Invalid("the offset lies behind the end"));
    }
    Ok(())
}

fn source(inner: &Inner, window: &Window) -> Result<Source, Error> {
    let next = window.next();
    if inner.is_deleted {
        return Err(Error::NotFound);
    }
    if next >= inner.end {
        return Ok(Source::End);
    }
    if next < inner.tail_start() {
        let corrupt = Error::Corrupt { from: next, to: inner.tail_start() };
        return inner.segment_at(next).map(Source::Segment).ok_or(corrupt);
    }
    let mut entries = Vec::new();
    let mut bytes = 0;
    for entry in inner.tail.range(inner.tail_index(next)..) {
        entries.push(entry.clone());
        // Heads are not counted, so that this may be a little more than needed, never less.
        bytes += (entry.length as usize).saturating_sub(crate::batch::HEADER_BYTES);
        if bytes > window.bytes_left() || entries.len() == ENTRIES_MAX {
            break;
        }
    }
    Ok(Source::Tail(entries))
}

fn fill_from_tail(entries: &[TailEntry], window: &mut Window) -> Result<(), Error> {
    for entry in entries {
        if window.is_full() {
            break;
        }
        window.push(entry.read()?)?;
    }
    Ok(())
}
