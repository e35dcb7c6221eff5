//! One shard in memory: small, since there may be tens of thousands.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::records::ShardRecord;
use crate::segment::SegmentMeta;
use crate::tail::TailEntry;
use crate::{Bounds, Error, Sealed, Segment, Shard, ShardId, ShardStats};

/// The horizon moves in steps of this share of the retention, so that not every read looks for the exact place.
const RETENTION_STEPS: u64 = 65_536;

/// A living shard.
#[derive(Debug)]
pub(crate) struct ShardState {
    pub(crate) id: ShardId,
    /// Of its stream; shared by all its shards.
    pub(crate) retention_ms: Arc<AtomicU64>,
    pub(crate) counters: Counters,
    /// The write-ahead generation that last got a batch of this shard; only the committing thread looks at it.
    pub(crate) touched_generation: AtomicU64,
    /// A reshard wants the end to stay where it is; only the committing thread looks at it.
    pub(crate) is_sealing: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) records_in: AtomicU64,
    pub(crate) bytes_in: AtomicU64,
    pub(crate) records_out: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
}

/// What changes, together.
#[derive(Debug)]
pub(crate) struct Inner {
    /// One past the last durable record.
    pub(crate) end: u64,
    /// Arrival of the newest durable record, or the shard's creation.
    pub(crate) newest_arrival_ms: u64,
    /// The first readable offset as far as it was looked for; never decreases.
    pub(crate) trim: u64,
    /// The record at `trim` did not arrive before this; `None` when that was not looked for.
    pub(crate) trim_arrival_ms: Option<u64>,
    pub(crate) sealed: Option<Sealed>,
    pub(crate) is_deleted: bool,
    /// What the store says about segments and trimming.
    pub(crate) stored: ShardRecord,
    /// What is durable beyond the segments.
    pub(crate) tail: VecDeque<TailEntry>,
    /// Who waits for records; there only while somebody waits.
    waiting: Option<Arc<Notify>>,
}

impl Inner {
    pub(crate) fn tail_start(&self) -> u64 {
        self.tail.front().map_or(self.end, |entry| entry.base_offset)
    }

    /// The tail entry that contains an offset.
    pub(crate) fn tail_index(&self, offset: u64) -> usize {
        self.tail.partition_point(|entry| entry.end_offset() <= offset)
    }

    /// The segment that contains an offset, or the first one after it.
    pub(crate) fn segment_at(&self, offset: u64) -> Option<SegmentMeta> {
        let segments = &self.stored.segments;
        segments.get(segments.partition_point(|segment| segment.end_offset <= offset)).cloned()
    }

    /// Moves the start forward, or says more about where it is.
    pub(crate) fn advance(&mut self, trim: u64, arrival_ms: Option<u64>) {
        if trim > self.trim || (trim == self.trim && arrival_ms.is_some()) {
            self.trim = trim;
            self.trim_arrival_ms = arrival_ms;
        }
    }

    /// What is to be woken after a change of the end.
    pub(crate) fn take_waiting(&mut self) -> Option<Arc<Notify>> {
        self.waiting.take()
    }

    /// What the shard holds, given that retention was looked at.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            horizon: self.trim,
            end: self.end,
            newest_arrival_ms: self.newest_arrival_ms,
            sealed: self.sealed.is_some(),
        }
    }

    /// A future that resolves at the next change of the end.
    pub(crate) fn wait(&mut self) -> tokio::sync::futures::OwnedNotified {
        let waiting = self.waiting.get_or_insert_with(Arc::default);
        Arc::clone(waiting).notified_owned()
    }
}

/// What stands between the shard and an exact horizon.
pub(crate) enum Horizon {
    /// It is known.
    At(u64),
    /// The first record that arrived at `cutoff_ms` or later is somewhere in this segment.
    InSegment(SegmentMeta, u64),
}

impl ShardState {
    pub(crate) fn new(shard: &Shard, retention_ms: Arc<AtomicU64>, stored: ShardRecord) -> Self {
        let newest_arrival_ms =
            if stored.flushed == 0 { shard.created_ms } else { stored.last_arrival_ms.max(shard.created_ms) };
        Self {
            id: shard.id,
            retention_ms,
            counters: Counters::default(),
            touched_generation: AtomicU64::new(0),
            is_sealing: AtomicBool::new(false),
            inner: Mutex::new(Inner {
                end: stored.flushed,
                newest_arrival_ms,
                trim: stored.trim,
                trim_arrival_ms: None,
                sealed: shard.sealed,
                is_deleted: false,
                stored,
                tail: VecDeque::new(),
                waiting: None,
            }),
        }
    }

    /// Short and without waiting inside, as all locks here.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the shard and wakes who waits for that.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Inner)) {
        let waiting = {
            let mut inner = self.lock();
            change(&mut inner);
            inner.take_waiting()
        };
        if let Some(waiting) = waiting {
            waiting.notify_waiters();
        }
    }

    /// Moves the start as far as memory allows and says what is left to look up.
    pub(crate) fn horizon(&self, now_ms: u64) -> Result<Horizon, Error> {
        let retention_ms = self.retention_ms.load(Ordering::Relaxed);
        let step_ms = (retention_ms / RETENTION_STEPS).max(1);
        let cutoff_ms = now_ms.saturating_sub(retention_ms) / step_ms * step_ms;
        let mut inner = self.lock();
        if inner.is_deleted {
            return Err(Error::NotFound);
        }
        if inner.trim >= inner.end || inner.trim_arrival_ms.is_some_and(|arrival_ms| arrival_ms >= cutoff_ms) {
            return Ok(Horizon::At(inner.trim));
        }
        while inner.trim < inner.tail_start() {
            let Some(segment) = inner.segment_at(inner.trim) else { break };
            if segment.first_arrival_ms >= cutoff_ms {
                let trim = inner.trim.max(segment.base_offset);
                inner.trim = trim;
                inner.trim_arrival_ms = Some(segment.first_arrival_ms);
                return Ok(Horizon::At(trim));
            }
            if segment.last_arrival_ms >= cutoff_ms {
                return Ok(Horizon::InSegment(segment, cutoff_ms));
            }
            inner.advance(segment.end_offset, None);
        }
        let trim = inner.trim;
        let start = inner.tail_index(trim);
        let kept = inner.tail.range(start..).find(|entry| entry.arrival_ms >= cutoff_ms);
        let (trim, arrival_ms) = match kept {
            Some(entry) => (trim.max(entry.base_offset), Some(entry.arrival_ms)),
            None => (inner.end, None),
        };
        inner.trim = trim;
        inner.trim_arrival_ms = arrival_ms;
        Ok(Horizon::At(trim))
    }

    pub(crate) fn count_read(&self, records: usize, bytes: usize) {
        self.counters.records_out.fetch_add(records as u64, Ordering::Relaxed);
        self.counters.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> ShardStats {
        let stored_bytes = {
            let inner = self.lock();
            let tail: u64 = inner.tail.iter().map(|entry| u64::from(entry.length)).sum();
            inner.stored.segments.iter().map(|segment| segment.bytes).sum::<u64>() + tail
        };
        ShardStats {
            records_in: self.counters.records_in.load(Ordering::Relaxed),
            bytes_in: self.counters.bytes_in.load(Ordering::Relaxed),
            records_out: self.counters.records_out.load(Ordering::Relaxed),
            bytes_out: self.counters.bytes_out.load(Ordering::Relaxed),
            stored_bytes,
        }
    }

    pub(crate) fn segments(&self) -> Vec<Segment> {
        self.lock().stored.segments.iter().map(SegmentMeta::describe).collect()
    }
}
