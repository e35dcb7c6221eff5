//! A data stream as the destination of an application's rows: each of them exactly once.
//!
//! A row's partition key is made of the application, the output and the row's number, so that what is already there can be
//! told from what is missing by reading the stream back.

use std::sync::Arc;

use bytes::Bytes;
use flow::formats::Encoder;
use flow::runtime::{Failure, Outgoing, Sink};
use futures::future::BoxFuture;
use host::Host;
use log::sink::KeyedRecord;
use log::source::{SourceError, SourceShard, SourceStream};
use log::{Position, ReadLimits};
use tokio::sync::{Mutex, oneshot};

use super::position::{Cursor, Cursors, Lane};
use super::writing::{Destination, write_all};
use crate::links::{DataStreams, Named};
use crate::metrics::FlowCounters;

/// What is read back at once.
const READ: ReadLimits = ReadLimits { records_max: 4_096, bytes_max: 1 << 20 };
/// Writes to a data stream.
pub(super) struct StreamOutput {
    pub(super) host: Host,
    pub(super) streams: Arc<dyn DataStreams>,
    pub(super) named: Named,
    pub(super) encoder: Encoder,
    /// What the partition keys of this output begin with.
    pub(super) prefix: String,
    /// Held by whoever writes to this output, even when nobody waits for that any more.
    pub(super) gate: Arc<Mutex<()>>,
    pub(super) counters: Arc<FlowCounters>,
}

/// What partition keys begin with: nothing else writes such ones.
pub(super) fn prefix(application: u64, output: &str) -> String {
    format!("{application:016x}-{output}-")
}

fn later(error: &dyn std::error::Error) -> Failure {
    Failure::Later(error.to_string())
}

impl StreamOutput {
    fn records(&mut self, outgoing: &Outgoing) -> Vec<KeyedRecord> {
        let data = self.encoder.encode(&outgoing.rows);
        let keyed = |(number, data): (&u64, Bytes)| {
            let key = Bytes::from(format!("{}{number}", self.prefix));
            KeyedRecord { key, data }
        };
        outgoing.sequence.iter().zip(data).map(keyed).collect()
    }

    /// Writes in a task of its own: a write that nobody waits for any more ends before the next one begins.
    async fn write(&mut self, outgoing: &Outgoing) -> Result<(), Failure> {
        let records = self.records(outgoing);
        let guard = Arc::clone(&self.gate).lock_owned().await;
        let (sender, receiver) = oneshot::channel();
        let (host, streams, named) = (self.host.clone(), Arc::clone(&self.streams), self.named.clone());
        let counters = Arc::clone(&self.counters);
        self.host.spawn("analytics-output", async move {
            let destination = Destination { kind: "data stream", name: &named.name, counters: &counters };
            let data_bytes = |record: &KeyedRecord| record.data.len();
            let write = |records| streams.write(&named, records);
            let written = write_all(&host, destination, records, data_bytes, write).await;
            counters.attempted(written.is_ok());
            drop(guard);
            let _ = sender.send(written); // Nobody waits when the application was ended.
        });
        receiver.await.unwrap_or_else(|_| Err(Failure::Later("the server is ending".to_owned())))
    }

    async fn stream(&self) -> Result<SourceStream, Failure> {
        let Named { account, region, name } = &self.named;
        let described = self.streams.describe(account, region, name).await.map_err(|error| later(&error))?;
        described.ok_or_else(|| Failure::Later(format!("the data stream {name} does not exist")))
    }

    async fn end(&self, shard: &SourceShard) -> Result<u64, Failure> {
        match shard.end {
            Some(end) => Ok(end),
            None => self.streams.locate(shard.id, Position::Latest).await.map_err(|error| later(&error)),
        }
    }

    async fn tip(&self) -> Result<Vec<u8>, Failure> {
        let _guard = self.gate.lock().await;
        let stream = self.stream().await?;
        let mut cursors = Cursors { stream: stream.id.0, ..Cursors::default() };
        for shard in &stream.shards {
            let next = self.end(shard).await?;
            cursors.shards.insert(shard.id.index, Cursor { next, has_ended: false, lane: Lane::default() });
        }
        Ok(cursors.encode())
    }

    /// Reads back which rows are there.
    async fn find(&self, position: &[u8], first: u64) -> Result<Vec<u64>, Failure> {
        let _guard = self.gate.lock().await;
        let stream = self.stream().await?;
        // A stream that was made anew is read from its beginning, as shards are that came later.
        let cursors = Cursors::decode(position).filter(|cursors| cursors.stream == stream.id.0).unwrap_or_default();
        let mut found = Vec::new();
        for shard in &stream.shards {
            let mut next = cursors.shards.get(&shard.id.index).map_or(0, |cursor| cursor.next);
            let end = self.end(shard).await?;
            while next < end {
                let read = match self.streams.read(shard.id, next, READ, None).await {
                    Err(SourceError::Trimmed { horizon }) if horizon > next => {
                        next = horizon;
                        continue;
                    }
                    read => read.map_err(|error| later(&error))?,
                };
                let numbers = read.records.iter().filter_map(|record| self.number(&record.partition_key));
                found.extend(numbers.filter(|number| *number >= first));
                if read.next <= next {
                    break;
                }
                next = read.next;
            }
        }
        Ok(found)
    }

    /// The number of the row that has a partition key, if it is one of this output's.
    fn number(&self, key: &[u8]) -> Option<u64> {
        std::str::from_utf8(key).ok()?.strip_prefix(&self.prefix)?.parse().ok()
    }
}

impl Sink for StreamOutput {
    fn append<'a>(&'a mut self, rows: &'a Outgoing) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.write(rows))
    }

    fn position(&mut self) -> BoxFuture<'_, Result<Vec<u8>, Failure>> {
        Box::pin(self.tip())
    }

    fn written<'a>(&'a mut self, position: &'a [u8], first: u64) -> BoxFuture<'a, Result<Vec<u64>, Failure>> {
        Box::pin(self.find(position, first))
    }
}
