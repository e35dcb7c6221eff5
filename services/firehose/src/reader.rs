//! Delivery streams for readers in the same process: applications that read what callers put.
//!
//! The buffer of a delivery stream that somebody reads is not trimmed when its records are delivered, but when they are as
//! old as any buffer's records may become: a reader may be as far behind as that, and find them after a crash.

use std::collections::HashSet;
use std::ops::Bound;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use aws::ServiceError;
use bytes::Bytes;
use futures::future::BoxFuture;
use log::source::{SourceError, SourceRead, SourceRecord, SourceShard, SourceStream, StreamSource};
use log::{Position, ReadLimits, ShardId, StreamId};
use store::{Changes, Store};

use crate::shapes::DeliveryStreamStatus;
use crate::source::sequence;
use crate::stream::{self, Source};
use crate::view::StreamView;
use crate::{Firehose, WriteError};

/// `reader/stream` → nothing: who reads which buffer.
const TABLE: &str = "firehose/readers";

/// The buffers that somebody reads.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    streams: RwLock<HashSet<StreamId>>,
}

impl Readers {
    pub(crate) fn load(store: &Store) -> Result<Self, ServiceError> {
        let readers = Self::default();
        readers.refresh(store)?;
        Ok(readers)
    }

    fn refresh(&self, store: &Store) -> Result<(), ServiceError> {
        let rows = store.scan(TABLE, Bound::Unbounded, Bound::Unbounded, usize::MAX).map_err(ServiceError::internal)?;
        let stream = |key: &[u8]| u64::from_str_radix(std::str::from_utf8(key).ok()?.rsplit_once('/')?.1, 16).ok();
        let streams = rows.iter().filter_map(|(key, _)| stream(key).map(StreamId)).collect();
        *self.streams.write().expect("no panic while held") = streams;
        Ok(())
    }

    /// Whether somebody reads the buffer.
    pub(crate) fn contains(&self, stream: StreamId) -> bool {
        self.streams.read().expect("no panic while held").contains(&stream)
    }
}

impl Firehose {
    /// Has a delivery stream's records kept for a reader until [`Firehose::stop_reading`]; durable when it resolves.
    pub async fn keep_for(&self, reader: &str, account: &str, region: &str, name: &str) -> Result<(), WriteError> {
        let view = self.readable(account, region, name).await?;
        if view.record.status(self.now_ms()) == DeliveryStreamStatus::Deleting {
            return Err(WriteError::Refused(format!("the delivery stream {name} is being deleted")));
        }
        if !matches!(view.record.source, Source::DirectPut { .. }) {
            let reason = format!("the delivery stream {name} takes its records from a data stream: read that");
            return Err(WriteError::Refused(reason));
        }
        let key = format!("{reader}/{:x}", view.stream.id.0);
        self.store.commit(Changes::new().put(TABLE, key, [])).await.map_err(failed)?;
        self.readers.refresh(&self.store).map_err(failed)
    }

    /// Forgets a reader.
    pub async fn stop_reading(&self, reader: &str) -> Result<(), WriteError> {
        // A digit would belong to another reader, and a slash is what comes before the stream.
        let (from, to) = (format!("{reader}/"), format!("{reader}0"));
        let rows = self.store.scan(TABLE, Bound::Included(from.as_bytes()), Bound::Excluded(to.as_bytes()), usize::MAX);
        let changes = rows.map_err(failed)?.into_iter().fold(Changes::new(), |all, (key, _)| all.delete(TABLE, key));
        if !changes.is_empty() {
            self.store.commit(changes).await.map_err(failed)?;
            self.readers.refresh(&self.store).map_err(failed)?;
        }
        Ok(())
    }

    async fn readable(&self, account: &str, region: &str, name: &str) -> Result<Arc<StreamView>, WriteError> {
        let view = self.view_by_key(&stream::engine_name(account, region, name)).await.map_err(failed)?;
        let view = view.filter(|view| !view.record.is_gone(self.now_ms()));
        view.ok_or_else(|| WriteError::Refused(format!("there is no delivery stream {name}")))
    }

    /// The delivery stream with that buffer, of those that have been named since the start.
    fn view_of(&self, stream: StreamId) -> Option<Arc<StreamView>> {
        let views = self.views.read().expect("no panic while held");
        views.values().find(|view| view.stream.id == stream).cloned()
    }
}

fn failed(error: impl std::fmt::Display) -> WriteError {
    WriteError::Failed(error.to_string())
}

impl StreamSource for Firehose {
    fn describe<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SourceStream>, SourceError>> {
        Box::pin(async move {
            let view = match self.readable(account, region, name).await {
                Err(WriteError::Refused(_)) => return Ok(None),
                view => view.map_err(|error| SourceError::Failed(error.to_string()))?,
            };
            let only = SourceShard { id: view.buffer(), name: String::new(), parents: Vec::new(), end: None };
            let created_ms = view.record.created_ms;
            Ok(Some(SourceStream { id: view.stream.id, created_ms, shards: vec![only] }))
        })
    }

    fn locate(&self, shard: ShardId, position: Position) -> BoxFuture<'_, Result<u64, SourceError>> {
        Box::pin(async move { Ok(self.log.locate(shard, position).await?) })
    }

    fn read(
        &self,
        shard: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> BoxFuture<'_, Result<SourceRead, SourceError>> {
        Box::pin(async move {
            let read = self.log.read(shard, from, limits, wait).await?;
            let view = self.view_of(shard.stream).ok_or(SourceError::NotFound)?;
            let opened = self.open_records(&view, &read).await;
            let opened = opened.map_err(|error| SourceError::Failed(error.to_string()))?;
            let record = |(at, record): (usize, log::RecordView<'_>)| SourceRecord {
                offset: record.offset,
                arrival_ms: record.arrival_ms,
                partition_key: Bytes::new(),
                data: opened.get(at).cloned().unwrap_or_else(|| Bytes::copy_from_slice(record.value)),
                sequence_number: sequence(shard, record.offset),
            };
            let records = read.iter().enumerate().map(record).collect();
            Ok(SourceRead { records, next: read.next, has_ended: false })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{simulate, unlimited};

    const PLACE: (&str, &str, &str) = ("123456789012", "us-east-1", "lake");

    #[test]
    fn records_stay_for_a_reader_when_they_are_delivered() {
        simulate(unlimited(), |world| async move {
            world.make_stream("lake").await;
            let (account, region, name) = PLACE;
            world.firehose.keep_for("app", account, region, name).await.unwrap();
            let world = world.restart().await;
            let stream = world.firehose.describe(account, region, name).await.unwrap().expect("a stream");
            let shard = stream.shards[0].id;
            let put = json!({"DeliveryStreamName": "lake", "Record": {"Data": "aGk="}});
            world.ok("PutRecord", put.clone()).await;
            world.pass(3_600_000).await;
            let limits = ReadLimits { records_max: 10, bytes_max: 1 << 20 };
            let read = world.firehose.read(shard, 0, limits, None).await.expect("still there");
            assert_eq!((&read.records[0].data[..], read.next), (&b"hi"[..], 1));
            world.firehose.stop_reading("app").await.unwrap();
            world.ok("PutRecord", put).await;
            world.pass(3_600_000).await;
            let gone = world.firehose.read(shard, 0, limits, None).await;
            assert!(matches!(gone, Err(SourceError::Trimmed { horizon: 2 })), "{gone:?}");
        });
    }

    #[test]
    fn what_reads_a_data_stream_is_not_read() {
        simulate(unlimited(), |world| async move {
            let source = json!({
                "KinesisStreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
                "RoleARN": "arn:aws:iam::123456789012:role/firehose",
            });
            let request = json!({
                "DeliveryStreamType": "KinesisStreamAsSource", "KinesisStreamSourceConfiguration": source,
                "S3DestinationConfiguration": crate::testing::s3(),
            });
            world.make_stream_with("lake", request).await;
            let (account, region, name) = PLACE;
            let refused = world.firehose.keep_for("app", account, region, name).await;
            assert!(matches!(refused, Err(WriteError::Refused(_))));
        });
    }
}
