//! Streams of an engine as readers see them without any service before them: what tests read in place of data streams.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::{SourceError, SourceRead, SourceRecord, SourceShard, SourceStream, StreamSource};
use crate::{Error, LogEngine, Position, ReadLimits, RecordView, Shard, ShardId};

/// The streams of an engine, whose accounts and regions do not matter.
pub struct PlainStreams {
    /// The engine.
    pub log: Arc<dyn LogEngine>,
    /// What their names have in front in the engine.
    pub prefix: &'static str,
}

impl StreamSource for PlainStreams {
    fn describe<'a>(
        &'a self,
        _account: &'a str,
        _region: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SourceStream>, SourceError>> {
        Box::pin(async move {
            let stream = match self.log.describe_stream(&format!("{}{name}", self.prefix)).await {
                Err(Error::NotFound) => return Ok(None),
                stream => stream?,
            };
            let shard = |shard: &Shard| SourceShard {
                id: shard.id,
                name: format!("shardId-{:012}", shard.id.index),
                parents: shard.parents.clone(),
                end: shard.sealed.map(|sealed| sealed.end),
            };
            let shards = stream.shards.iter().map(shard).collect();
            Ok(Some(SourceStream { id: stream.id, created_ms: stream.created_ms, shards }))
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
            let record = |record: RecordView<'_>| SourceRecord {
                offset: record.offset,
                arrival_ms: record.arrival_ms,
                partition_key: Bytes::copy_from_slice(record.key),
                data: Bytes::copy_from_slice(record.value),
                sequence_number: record.offset.to_string(),
            };
            let has_ended = read.bounds.is_some_and(|bounds| bounds.sealed && read.next >= bounds.end);
            Ok(SourceRead { records: read.iter().map(record).collect(), next: read.next, has_ended })
        })
    }
}
