//! Watching a source fill the buffer, until a delivery is due. Waits on the source; nothing is polled.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use log::{ShardId, StreamId};

use crate::buffering::{Buffer, Spans, Verdict};
use crate::configuration::Hints;
use crate::progress::Progress;
use crate::source::{Measured, Tap};
use host::Host;
use log::source::{SourceError, SourceShard};

/// For how long a read waits; then it is asked again.
const WAIT: Duration = Duration::from_secs(3_600);
/// Pause after a source that could not be read.
const RETRY: Duration = Duration::from_secs(1);
/// How often a data stream that is gone is looked for.
const SEARCH: Duration = Duration::from_secs(10);

/// What is seen of the source since the last delivery.
pub(crate) struct Watch {
    pub(crate) buffer: Buffer,
    shards: BTreeMap<u32, Shard>,
    source: Option<StreamId>,
    reads: FuturesUnordered<BoxFuture<'static, Looked>>,
    /// Where shards have to be looked at again.
    is_stale: bool,
    /// Records that were gone before they could be delivered.
    lost: u64,
    /// Arrival of the last record that was seen, while there is more to see.
    behind_since_ms: Option<u64>,
}

/// A shard that is followed.
struct Shard {
    id: ShardId,
    parents: Vec<u32>,
    /// Where the next look begins; `None` until it is located.
    next: Option<u64>,
    is_read: bool,
    has_ended: bool,
}

/// A look at a shard.
struct Looked {
    index: u32,
    from: u64,
    measured: Result<Measured, SourceError>,
}

/// What is to be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// A delivery is due.
    Now,
    /// Look again after this time, or when the configuration changes.
    Later(Duration),
}

/// When deliveries are due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) hints: Hints,
    /// Partitions that one delivery is expected to have.
    pub(crate) partitions: u64,
}

impl Watch {
    /// Begins behind what has been delivered.
    pub(crate) fn new() -> Self {
        let (buffer, shards, reads) = (Buffer::default(), BTreeMap::new(), FuturesUnordered::new());
        Self { buffer, shards, source: None, reads, is_stale: true, lost: 0, behind_since_ms: None }
    }

    /// Takes notice of what comes until a delivery is due; resolves early when there is a reason to look again.
    pub(crate) async fn look(
        &mut self,
        host: &Host,
        tap: &Tap,
        progress: &Progress,
        terms: Terms,
    ) -> Result<Due, SourceError> {
        loop {
            if self.is_stale && !self.follow(tap, progress).await? {
                return Ok(Due::Later(SEARCH));
            }
            self.start_reads(tap);
            let looked = match self.reads.next().now_or_never() {
                Some(Some(looked)) => looked,
                // All there is has been seen.
                _ => match self.verdict(terms, host.now_ms()) {
                    Verdict::Seal => return Ok(Due::Now),
                    Verdict::Wait(ms) => {
                        let sleep = host.sleep(Duration::from_millis(ms));
                        match self.next_or(sleep).await {
                            Some(looked) => looked,
                            None => continue,
                        }
                    }
                    Verdict::Empty => match self.next_or(host.sleep(WAIT)).await {
                        Some(looked) => looked,
                        None => return Ok(Due::Later(Duration::ZERO)),
                    },
                },
            };
            self.take(looked, terms, host.now_ms())?;
            if self.is_full(terms, host.now_ms()) {
                return Ok(Due::Now);
            }
            tokio::task::yield_now().await;
        }
    }

    fn verdict(&self, terms: Terms, now_ms: u64) -> Verdict {
        self.buffer.verdict(terms.hints, self.buffer.size(terms.hints, terms.partitions, now_ms), now_ms)
    }

    fn is_full(&self, terms: Terms, now_ms: u64) -> bool {
        self.buffer.is_full(self.buffer.size(terms.hints, terms.partitions, now_ms))
    }

    async fn next_or(&mut self, sleep: BoxFuture<'static, ()>) -> Option<Looked> {
        tokio::select! {
            biased;
            looked = self.reads.next(), if !self.reads.is_empty() => looked,
            () = sleep => None,
        }
    }

    /// Notes what one look has shown. What does not fit any more is looked at again for the next delivery.
    fn take(&mut self, looked: Looked, terms: Terms, now_ms: u64) -> Result<(), SourceError> {
        let Some(shard) = self.shards.get_mut(&looked.index) else { return Ok(()) };
        shard.is_read = false;
        let measured = match looked.measured {
            Ok(measured) => measured,
            Err(SourceError::Trimmed { horizon }) => {
                shard.next = Some(horizon.max(looked.from));
                self.lost += horizon.saturating_sub(looked.from);
                return Ok(());
            }
            Err(SourceError::NotFound) => {
                self.is_stale = true;
                return Err(SourceError::NotFound);
            }
            Err(error) => return Err(error),
        };
        for record in measured.records {
            // The first record decides how late the delivery is, and so how much it takes.
            if self.buffer.is_full(self.buffer.size(terms.hints, terms.partitions, now_ms)) {
                self.behind_since_ms = Some(record.arrival_ms);
                return Ok(());
            }
            self.buffer.add(looked.index, record.offset, record.bytes, record.arrival_ms);
            shard.next = Some(record.offset + 1);
        }
        shard.next = Some(measured.next);
        if measured.has_ended {
            shard.has_ended = true;
            self.is_stale = true;
        }
        Ok(())
    }

    /// Has every shard read whose parents have been read to their ends.
    fn start_reads(&mut self, tap: &Tap) {
        let has_ended = |index: &u32| self.shards.get(index).is_none_or(|parent| parent.has_ended);
        let open = |shard: &Shard| !shard.is_read && !shard.has_ended && shard.parents.iter().all(has_ended);
        let ready: Vec<u32> = self.shards.iter().filter(|(_, shard)| open(shard)).map(|(index, _)| *index).collect();
        for index in ready {
            let Some(shard) = self.shards.get_mut(&index) else { continue };
            let Some(from) = shard.next else { continue };
            shard.is_read = true;
            let (tap, id) = (tap.clone(), shard.id);
            let look = async move { Looked { index, from, measured: tap.measure(id, from, WAIT).await } };
            self.reads.push(look.boxed());
        }
    }

    /// Learns which shards there are; `false` while the source is gone.
    async fn follow(&mut self, tap: &Tap, progress: &Progress) -> Result<bool, SourceError> {
        let Some(stream) = tap.describe().await? else {
            if self.source.take().is_some() {
                tracing::warn!(code = "Kinesis.ResourceNotFound", "the data stream of a delivery stream is gone");
            }
            return Ok(false);
        };
        if self.source != Some(stream.id) {
            // Another stream of that name: what was seen of the old one and not sealed is gone with it.
            *self = Self::new();
            self.source = Some(stream.id);
        }
        for shard in &stream.shards {
            let index = shard.id.index;
            if self.shards.get(&index).is_none_or(|known| known.next.is_none()) {
                let next = position(tap, progress, stream.id, shard).await?;
                let SourceShard { id, parents, end, .. } = shard.clone();
                let has_ended = end.is_some_and(|end| next >= end);
                self.shards.insert(index, Shard { id, parents, next: Some(next), is_read: false, has_ended });
            }
        }
        // Shards that retention has emptied are forgotten by the stream, and so by us.
        self.shards.retain(|index, _| stream.shards.iter().any(|shard| shard.id.index == *index));
        self.is_stale = false;
        Ok(true)
    }

    /// Takes out the number of records that were gone before they could be delivered.
    pub(crate) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// The log stream that is followed.
    pub(crate) fn source(&self) -> Option<StreamId> {
        self.source
    }

    /// For how long the next record has been waiting; 0 where all there is has been seen.
    pub(crate) fn behind_ms(&mut self, now_ms: u64) -> u64 {
        self.behind_since_ms.take().map_or(0, |since_ms| now_ms.saturating_sub(since_ms))
    }

    /// Whether a shard is there.
    pub(crate) fn follows(&self, shard: u32) -> bool {
        self.shards.contains_key(&shard)
    }

    /// Takes out what is to be delivered. Everything behind it is looked at anew.
    pub(crate) fn seal(&mut self) -> Spans {
        self.buffer.take()
    }
}

/// Where a shard goes on.
async fn position(tap: &Tap, progress: &Progress, stream: StreamId, shard: &SourceShard) -> Result<u64, SourceError> {
    let known = progress.positions.get(&shard.id.index).filter(|_| progress.source == Some(stream.0));
    match known {
        Some(next) => Ok(*next),
        None => tap.locate(shard.id, progress.start_ms).await,
    }
}

/// The pause after a failure of the source.
pub(crate) fn pause_after(error: &SourceError) -> Duration {
    match error {
        SourceError::NotFound => SEARCH,
        SourceError::Trimmed { .. } | SourceError::Failed(_) => RETRY,
    }
}
