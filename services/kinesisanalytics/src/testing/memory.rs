//! Data streams, a delivery stream and an object in memory.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use host::Host;
use log::source::{PlainStreams, SourceError, SourceRead, SourceRecord, SourceShard, SourceStream, StreamSource};
use log::{Append, Condition, HashRange, LogEngine, NewRecord, NewStream, Position, ReadLimits, ShardId, StreamId};
use serde_json::Value;

use crate::{DataStreams, DeliveryStreams, LinkError, Named, ObjectBytes, Objects};
use log::sink::{KeyedRecord, Written};

/// Data streams in memory, by their names.
pub(crate) struct MemoryStreams {
    pub(crate) log: Arc<dyn LogEngine>,
    plain: PlainStreams,
    /// How many of the next records to write are throttled.
    pub(crate) throttled: Mutex<usize>,
    /// Bytes of a record, above which it is refused.
    pub(crate) record_bytes_max: Mutex<usize>,
}

/// A delivery stream called `lake`, one called `fed` that takes no records from callers, and an object called `items.csv`
/// in every bucket.
#[derive(Default)]
pub(crate) struct MemoryLake {
    pub(crate) delivered: Mutex<Vec<String>>,
    pub(crate) items: Mutex<String>,
    /// Whether the object is not there for now.
    pub(crate) is_empty: AtomicBool,
    /// What was put into it, for applications that read it.
    pub(crate) put: Mutex<Vec<Bytes>>,
    pub(crate) readers: Mutex<BTreeSet<String>>,
    pub(super) host: OnceLock<Host>,
}

impl MemoryStreams {
    /// Streams of an engine, none of which is throttled.
    pub(crate) fn new(log: Arc<dyn LogEngine>) -> Self {
        let plain = PlainStreams { log: Arc::clone(&log), prefix: "" };
        Self { log, plain, throttled: Mutex::default(), record_bytes_max: Mutex::new(usize::MAX) }
    }

    /// Makes a stream with so many shards.
    pub(crate) async fn make(&self, name: &str, shards: u32) {
        let step = u128::MAX / u128::from(shards);
        let range = |index: u32| HashRange {
            start: if index == 0 { 0 } else { step * u128::from(index) + 1 },
            end: if index + 1 == shards { u128::MAX } else { step * u128::from(index + 1) },
        };
        let ranges = (0..shards).map(range).collect();
        let new = NewStream { name: name.to_owned(), ranges, retention_ms: 86_400_000, annotation: Bytes::new() };
        self.log.create_stream(new).await.expect("a new stream");
    }

    /// Puts records into a shard.
    pub(crate) async fn put(&self, name: &str, index: u32, records: impl IntoIterator<Item = Bytes>) {
        let stream = self.log.describe_stream(name).await.expect("a stream");
        let shard = ShardId { stream: stream.id, index };
        let record = |value| NewRecord { key: Bytes::from_static(b"k"), value, headers: Vec::new() };
        let records = records.into_iter().map(record).collect();
        let append = Append { shard, records, condition: Condition::None };
        self.log.append(vec![append]).await.expect("an open log").remove(0).expect("an open shard");
    }

    fn is_throttled(&self) -> bool {
        let mut throttled = self.throttled.lock().expect("no panic while held");
        let is_throttled = *throttled > 0;
        *throttled -= usize::from(is_throttled);
        is_throttled
    }

    /// All rows in a stream, shard by shard.
    pub(crate) async fn rows(&self, name: &str) -> Vec<Value> {
        let stream = self.log.describe_stream(name).await.expect("a stream");
        let limits = ReadLimits { records_max: 100_000, bytes_max: 64 << 20 };
        let mut rows = Vec::new();
        for shard in &stream.shards {
            let read = self.log.read(shard.id, 0, limits, None).await.expect("a shard");
            rows.extend(read.iter().map(|record| serde_json::from_slice(record.value).expect("rows are JSON")));
        }
        rows
    }
}

impl StreamSource for MemoryStreams {
    fn describe<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SourceStream>, SourceError>> {
        self.plain.describe(account, region, name)
    }

    fn locate(&self, shard: ShardId, position: Position) -> BoxFuture<'_, Result<u64, SourceError>> {
        self.plain.locate(shard, position)
    }

    fn read(
        &self,
        shard: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> BoxFuture<'_, Result<SourceRead, SourceError>> {
        self.plain.read(shard, from, limits, wait)
    }
}

impl DataStreams for MemoryStreams {
    fn write<'a>(
        &'a self,
        stream: &'a Named,
        records: Vec<KeyedRecord>,
    ) -> BoxFuture<'a, Result<Vec<Written>, LinkError>> {
        Box::pin(async move {
            let found = self.log.describe_stream(&stream.name).await;
            let found = found.map_err(|error| LinkError::NotFound(error.to_string()))?;
            let open: Vec<ShardId> = found.open_shards().map(|shard| shard.id).collect();
            let mut written = Vec::new();
            for record in records {
                if self.is_throttled() {
                    written.push(Written::NotNow);
                    continue;
                }
                if record.data.len() > *self.record_bytes_max.lock().expect("no panic while held") {
                    written.push(Written::TooLarge);
                    continue;
                }
                let shard = open[record.key.iter().map(|byte| usize::from(*byte)).sum::<usize>() % open.len()];
                let record = NewRecord { key: record.key, value: record.data, headers: Vec::new() };
                let append = Append { shard, records: vec![record], condition: Condition::None };
                self.log.append(vec![append]).await.map_err(|error| LinkError::Failed(error.to_string()))?;
                written.push(Written::Yes);
            }
            Ok(written)
        })
    }
}

impl StreamSource for MemoryLake {
    fn describe<'a>(
        &'a self,
        _account: &'a str,
        _region: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SourceStream>, SourceError>> {
        Box::pin(async move {
            let id = StreamId(7_000_000);
            let only =
                SourceShard { id: ShardId { stream: id, index: 0 }, name: String::new(), parents: vec![], end: None };
            Ok(matches!(name, "lake" | "fed").then(|| SourceStream { id, created_ms: 0, shards: vec![only] }))
        })
    }

    fn locate(&self, _shard: ShardId, position: Position) -> BoxFuture<'_, Result<u64, SourceError>> {
        let end = self.put.lock().expect("no panic while held").len() as u64;
        Box::pin(async move { Ok(if position == Position::Latest { end } else { 0 }) })
    }

    fn read(
        &self,
        _shard: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> BoxFuture<'_, Result<SourceRead, SourceError>> {
        Box::pin(async move {
            let is_there = self.put.lock().expect("no panic while held").len() as u64 > from;
            if let Some(wait) = wait.filter(|_| !is_there) {
                self.host.get().expect("a host").sleep(wait.min(Duration::from_millis(50))).await;
            }
            let put = self.put.lock().expect("no panic while held").clone();
            let record = |(offset, data): (u64, Bytes)| SourceRecord {
                offset,
                arrival_ms: 0,
                partition_key: Bytes::new(),
                data,
                sequence_number: String::new(),
            };
            let skipped = usize::try_from(from).expect("few records");
            let records: Vec<_> = (0..).zip(put).skip(skipped).take(limits.records_max).map(record).collect();
            Ok(SourceRead { next: from + records.len() as u64, records, has_ended: false })
        })
    }
}

impl DeliveryStreams for MemoryLake {
    fn keep_for<'a>(&'a self, reader: &'a str, stream: &'a Named) -> BoxFuture<'a, Result<(), LinkError>> {
        if stream.name == "fed" {
            return Box::pin(async { Err(LinkError::NotFound("it takes its records from a data stream".to_owned())) });
        }
        self.readers.lock().expect("no panic while held").insert(reader.to_owned());
        Box::pin(async { Ok(()) })
    }

    fn stop_reading<'a>(&'a self, reader: &'a str) -> BoxFuture<'a, Result<(), LinkError>> {
        self.readers.lock().expect("no panic while held").remove(reader);
        Box::pin(async { Ok(()) })
    }

    fn write<'a>(&'a self, stream: &'a Named, records: Vec<Bytes>) -> BoxFuture<'a, Result<Vec<Written>, LinkError>> {
        Box::pin(async move {
            if stream.name != "lake" {
                return Err(LinkError::NotFound("no such delivery stream".to_owned()));
            }
            let mut delivered = self.delivered.lock().expect("no panic while held");
            let text = |record: &Bytes| String::from_utf8(record.to_vec()).expect("rows are text");
            delivered.extend(records.iter().map(text));
            Ok(vec![Written::Yes; records.len()])
        })
    }
}

impl Objects for MemoryLake {
    fn open<'a>(
        &'a self,
        _account: &'a str,
        _region: &'a str,
        _bucket: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(u64, ObjectBytes), LinkError>> {
        Box::pin(async move {
            if key != "items.csv" || self.is_empty.load(Ordering::Relaxed) {
                return Err(LinkError::NotFound("NoSuchKey".to_owned()));
            }
            let items = Bytes::from(self.items.lock().expect("no panic while held").clone());
            let bytes = items.len() as u64;
            let pieces: ObjectBytes = futures::stream::iter([Ok(items)]).boxed();
            Ok((bytes, pieces))
        })
    }
}
