//! A data stream as the source of an application: its shards by turns, through all reshardings. A delivery stream is one
//! with a single shard.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flow::formats::{Decoder, Record};
use flow::runtime::{Arrived, Failure, Polled, Rejected, Source, StartingPosition};
use futures::future::{BoxFuture, select_all};
use host::Host;
use log::source::{SourceError, SourceRead, SourceShard, SourceStream, StreamSource};
use log::{Position, ReadLimits, ShardId, StreamId};

use super::lanes;
use super::position::{Cursor, Cursors, Lane, Stretch, Stretches};
use crate::links::Named;
use crate::metrics::FlowCounters;

/// What is read of a shard at once.
const READ: ReadLimits = ReadLimits { records_max: 4_096, bytes_max: 1 << 20 };
/// Records of one poll, after which the other shards wait for the next one.
const POLL_RECORDS_MAX: usize = 16_384;
/// Bytes of one poll.
const POLL_BYTES_MAX: usize = 4 << 20;

/// Reads a data stream.
pub(super) struct StreamInput {
    pub(super) host: Host,
    pub(super) streams: Arc<dyn StreamSource>,
    pub(super) named: Named,
    /// For each in-application stream that the input feeds, which of its columns anybody looks at, and what makes them.
    pub(super) feeds: Vec<Feed>,
    pub(super) counters: Arc<FlowCounters>,
    pub(super) cursors: Cursors,
    /// The stream as it was described last.
    pub(super) known: Option<SourceStream>,
    /// The first instant of which [`StartingPosition::Now`] means the records; without it that is the end of the stream.
    pub(super) now_since_ms: Option<u64>,
    /// The shard whose turn is next.
    pub(super) turn: u32,
}

/// One in-application stream.
pub(super) struct Feed {
    pub(super) decoder: Decoder,
    pub(super) needed: Vec<bool>,
}

/// Records of one shard, which in-application stream they go to, and where to go on.
struct Taken {
    shard: u32,
    lane: Lane,
    from: u64,
    read: SourceRead,
}

fn later(error: &SourceError) -> Failure {
    Failure::Later(error.to_string())
}

impl StreamInput {
    /// Looks at the stream again: new shards, other stream.
    async fn describe(&mut self) -> Result<(), Failure> {
        let Named { account, region, name } = &self.named;
        let described = self.streams.describe(account, region, name).await.map_err(|error| later(&error))?;
        let stream = described.ok_or_else(|| Failure::Later(format!("the data stream {name} does not exist")))?;
        self.known = Some(stream);
        Ok(())
    }

    fn known(&self) -> &SourceStream {
        self.known.as_ref().expect("the stream is described before it is read")
    }

    fn shard(&self, index: u32) -> ShardId {
        ShardId { stream: StreamId(self.cursors.stream), index }
    }

    /// Begins with shards whose parents have been read to their ends. A stream that was made anew is read from its
    /// beginning.
    fn follow(&mut self) {
        let stream = self.known().clone();
        if stream.id.0 != self.cursors.stream {
            self.cursors = Cursors { stream: stream.id.0, shards: BTreeMap::new() };
        }
        // Shards that expired are of no use to anybody.
        self.cursors.shards.retain(|index, _| stream.shards.iter().any(|shard| shard.id.index == *index));
        let mut due: Vec<_> = stream.shards.iter().filter(|shard| self.is_due(&stream, shard)).collect();
        lanes::sort(&mut due);
        for shard in due {
            let lane = lanes::choose(&self.cursors.shards, &shard.parents, self.feeds.len());
            self.cursors.shards.insert(shard.id.index, Cursor { next: 0, has_ended: false, lane });
        }
    }

    /// Whether a shard is read from now on: it is new, and what came before it has been read.
    fn is_due(&self, stream: &SourceStream, shard: &SourceShard) -> bool {
        let exists = |parent: &&u32| stream.shards.iter().any(|other| other.id.index == **parent);
        let has_ended = |parent: &u32| self.cursors.shards.get(parent).is_some_and(|cursor| cursor.has_ended);
        !self.cursors.shards.contains_key(&shard.id.index) && shard.parents.iter().filter(exists).all(has_ended)
    }

    /// The shards to read, the one whose turn it is first.
    fn turns(&self) -> Vec<(u32, Cursor)> {
        let open = self.cursors.shards.iter().filter(|(_, cursor)| !cursor.has_ended);
        let mut turns: Vec<_> = open.map(|(index, cursor)| (*index, *cursor)).collect();
        let first = turns.partition_point(|(index, _)| *index < self.turn);
        turns.rotate_left(first);
        turns
    }

    /// Reads a shard; what was trimmed is skipped, for it is nowhere any more.
    async fn read(
        &self,
        shard: u32,
        Cursor { next: from, lane, .. }: Cursor,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> Result<Taken, SourceError> {
        match self.streams.read(self.shard(shard), from, limits, wait).await {
            Err(SourceError::Trimmed { horizon }) => {
                tracing::warn!(stream = self.named.name, shard, from, horizon, "records expired before they were read");
                self.counters.dropped.add(horizon.saturating_sub(from));
                let read = self.streams.read(self.shard(shard), horizon, limits, None).await?;
                Ok(Taken { shard, lane, from: horizon, read })
            }
            read => Ok(Taken { shard, lane, from, read: read? }),
        }
    }

    /// What is there without waiting, of as many shards as fit.
    async fn sweep(&mut self) -> Result<Vec<Taken>, SourceError> {
        let (mut taken, mut records, mut bytes) = (Vec::new(), 0, 0);
        for (shard, cursor) in self.turns() {
            if records >= POLL_RECORDS_MAX || bytes >= POLL_BYTES_MAX {
                break;
            }
            let one = self.read(shard, cursor, READ, None).await?;
            records += one.read.records.len();
            bytes += one.read.records.iter().map(|record| record.data.len()).sum::<usize>();
            taken.push(one);
        }
        Ok(taken)
    }

    /// Moves the cursors on; whether there is something to show for it.
    fn note(&mut self, taken: &[Taken]) -> bool {
        let mut has_moved = false;
        for one in taken {
            let next = one.read.next.max(one.from);
            let cursor = Cursor { next, has_ended: one.read.has_ended, lane: one.lane };
            let before = self.cursors.shards.insert(one.shard, cursor);
            has_moved |= one.read.has_ended && before.is_none_or(|before| !before.has_ended);
            if !one.read.records.is_empty() {
                self.turn = one.shard + 1;
            }
        }
        has_moved
    }

    /// Waits until any shard has something.
    async fn wait(&self, wait: Duration) {
        let turns = self.turns();
        if turns.is_empty() {
            return self.host.sleep(wait).await;
        }
        let one = ReadLimits { records_max: 1, bytes_max: 1 };
        let reads = turns.into_iter();
        let reads = reads.map(|(shard, cursor)| self.streams.read(self.shard(shard), cursor.next, one, Some(wait)));
        // What it is, the next sweep finds.
        drop(select_all(reads).await);
    }

    async fn next(&mut self, wait: Duration) -> Result<Polled, Failure> {
        let until = self.host.monotonic() + wait;
        loop {
            let swept = self.sweep().await;
            self.counters.attempted(swept.is_ok());
            let taken = match swept {
                Ok(taken) => taken,
                Err(SourceError::NotFound) => {
                    self.describe().await?;
                    self.follow();
                    return Ok(self.polled(Vec::new()));
                }
                Err(error) => return Err(later(&error)),
            };
            if taken.iter().any(|one| one.read.has_ended) {
                // Before anything is taken for read: this may fail.
                self.describe().await?;
            }
            let has_ended = self.note(&taken);
            self.follow();
            if taken.iter().any(|one| !one.read.records.is_empty()) || has_ended {
                return Ok(self.polled(taken));
            }
            let rest = until.saturating_sub(self.host.monotonic());
            if rest.is_zero() {
                return Ok(self.polled(taken));
            }
            self.wait(rest).await;
        }
    }

    /// Makes rows of what was read.
    fn polled(&mut self, taken: Vec<Taken>) -> Polled {
        let parts: Vec<_> = taken.iter().filter(|one| !one.read.records.is_empty() || one.read.has_ended).collect();
        let stretch = |one: &&Taken| Stretch { shard: one.shard, from: one.from, to: one.read.next, lane: one.lane };
        let stretches = parts.iter().map(stretch);
        let stretches = Stretches { stream: self.cursors.stream, parts: stretches.collect() };
        let record_count = taken.iter().map(|one| one.read.records.len() as u64).sum();
        let newest = taken.iter().filter_map(|one| one.read.records.last()).map(|record| record.arrival_ms).max();
        let is_full = taken.iter().any(|one| one.read.records.len() >= READ.records_max)
            || taken
                .iter()
                .map(|one| one.read.records.iter().map(|record| record.data.len()).sum::<usize>())
                .sum::<usize>()
                >= READ.bytes_max;
        let behind_ms = newest.filter(|_| is_full).map_or(0, |newest| self.host.now_ms().saturating_sub(newest));
        let range = if stretches.parts.is_empty() { Vec::new() } else { stretches.encode() };
        let arrived = self.arrived(taken);
        Polled { range, position: self.cursors.encode(), arrived, record_count, behind_ms }
    }

    fn arrived(&mut self, taken: Vec<Taken>) -> Vec<Arrived> {
        let names: BTreeMap<u32, Arc<str>> =
            self.known().shards.iter().map(|shard| (shard.id.index, Arc::from(shard.name.as_str()))).collect();
        let mut by_stream: Vec<Vec<Record>> = vec![Vec::new(); self.feeds.len()];
        for one in taken {
            let place = usize::from(one.lane.stream) % self.feeds.len();
            let shard = names.get(&one.shard).cloned().unwrap_or_else(|| Arc::from(""));
            for record in one.read.records {
                self.counters.records.add(1);
                self.counters.bytes.add(record.data.len() as u64);
                let whole = Record {
                    data: record.data.clone(),
                    arrival_ms: i64::try_from(record.arrival_ms).unwrap_or(i64::MAX),
                    partition_key: record.partition_key,
                    sequence: Bytes::from(record.sequence_number),
                    shard: Arc::clone(&shard),
                };
                match log::aggregate::open(&record.data) {
                    Some(users) => {
                        by_stream[place].extend(users.into_iter().map(|data| Record { data, ..whole.clone() }))
                    }
                    None => by_stream[place].push(whole),
                }
            }
        }
        let mut arrived = Vec::new();
        for (stream, records) in by_stream.into_iter().enumerate().filter(|(_, records)| !records.is_empty()) {
            let Feed { decoder, needed } = &mut self.feeds[stream];
            let decoded = decoder.decode(&records, needed);
            let rejected = decoded.errors.into_iter().map(|error| {
                let data = &records[error.record].data;
                let end = error.part.end.min(error.part.start + flow::graph::DATA_ROW_BYTES_MAX);
                Rejected { record: data[error.part.start..end].to_vec(), error: error.error }
            });
            let (count, rejected) = (decoded.records.len(), rejected.collect());
            arrived.push(Arrived { stream, count, columns: decoded.columns, rejected });
        }
        arrived
    }

    async fn start(&mut self, start: StartingPosition) -> Result<Vec<u8>, Failure> {
        self.describe().await?;
        let stream = self.known().clone();
        self.cursors = Cursors { stream: stream.id.0, shards: BTreeMap::new() };
        if start == StartingPosition::Now {
            // Parents come before their children; where something is left to read of a parent, they come after it.
            for shard in &stream.shards {
                if !self.is_due(&stream, shard) {
                    continue;
                }
                let next = match (self.now_since_ms, shard.end) {
                    (Some(since), _) => self.streams.locate(shard.id, Position::AtTime(since)).await,
                    (None, Some(end)) => Ok(end),
                    (None, None) => self.streams.locate(shard.id, Position::Latest).await,
                };
                let next = next.map_err(|error| later(&error))?;
                let lane = lanes::choose(&self.cursors.shards, &[], self.feeds.len());
                let cursor = Cursor { next, has_ended: shard.end.is_some_and(|end| next >= end), lane };
                self.cursors.shards.insert(shard.id.index, cursor);
            }
        }
        self.follow();
        if start != StartingPosition::Now {
            for (index, cursor) in self.cursors.shards.clone() {
                let next = self.streams.locate(self.shard(index), Position::Horizon).await;
                let next = next.map_err(|error| later(&error))?;
                self.cursors.shards.insert(index, Cursor { next, ..cursor });
            }
        }
        Ok(self.cursors.encode())
    }

    async fn repeat(&mut self, range: &[u8]) -> Result<Polled, Failure> {
        let gone = |reason: &str| Failure::Gone(reason.to_owned());
        let stretches = Stretches::decode(range).ok_or_else(|| gone("the journal names no records"))?;
        if self.known.as_ref().is_none_or(|known| known.id.0 != stretches.stream) {
            self.describe().await?;
        }
        if self.known().id.0 != stretches.stream {
            return Err(gone("the data stream was deleted and made anew"));
        }
        self.follow();
        let mut taken = Vec::new();
        for part in stretches.parts {
            let mut read = SourceRead { records: Vec::new(), next: part.from, has_ended: false };
            while read.next < part.to {
                let limits = ReadLimits { records_max: READ.records_max.min((part.to - read.next) as usize), ..READ };
                let more = self.streams.read(self.shard(part.shard), read.next, limits, None).await;
                let more = more.map_err(|error| match error {
                    SourceError::Failed(_) => later(&error),
                    error => Failure::Gone(error.to_string()),
                })?;
                if more.next <= read.next {
                    return Err(gone("records that were read before are not there any more"));
                }
                read.records.extend(more.records);
                read.next = more.next;
            }
            let is_closed = |shard: &&SourceShard| shard.id.index == part.shard && shard.end == Some(part.to);
            read.has_ended = self.known().shards.iter().find(is_closed).is_some();
            let lane = lanes::known(part.lane, part.shard, self.feeds.len());
            taken.push(Taken { shard: part.shard, lane, from: part.from, read });
        }
        self.note(&taken);
        self.follow();
        Ok(self.polled(taken))
    }
}

impl Source for StreamInput {
    fn begin(&mut self, start: StartingPosition) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(self.start(start))
    }

    fn seek<'a>(&'a mut self, position: &'a [u8]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let cursors = Cursors::decode(position);
            self.cursors = cursors.ok_or_else(|| Failure::Gone("the checkpoint holds no position".to_owned()))?;
            lanes::divide(&mut self.cursors.shards, self.feeds.len());
            self.describe().await?;
            self.follow();
            Ok(())
        })
    }

    fn poll(&mut self, wait: Duration) -> BoxFuture<'_, Result<Polled, Failure>> {
        Box::pin(self.next(wait))
    }

    fn again<'a>(&'a mut self, range: &'a [u8]) -> BoxFuture<'a, Result<Polled, Failure>> {
        Box::pin(self.repeat(range))
    }
}
