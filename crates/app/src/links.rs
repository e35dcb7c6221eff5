//! What one service needs of another: services never know each other, so the ways between them are here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firehose::{
    NewObject, ObjectBody, ObjectSink, SinkError, SourceError, SourceRead, SourceRecord, SourceShard, SourceStream,
    StreamSource,
};
use futures::TryStreamExt;
use futures::future::BoxFuture;
use kinesis::{Kinesis, ReadError, ReadableStream};
use log::{Position, ReadLimits, ShardId, StreamId};
use s3::S3;

/// Firehose's way to the buckets of S3.
pub(crate) struct Buckets(pub(crate) Arc<S3>);

impl ObjectSink for Buckets {
    fn put(&self, object: NewObject, body: ObjectBody) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async move {
            let scope = s3::Scope { account: object.account, region: object.region, bucket: object.bucket };
            let about = s3::About {
                content_type: Some(object.content_type.to_owned()),
                content_encoding: object.content_encoding.map(str::to_owned),
                ..s3::About::default()
            };
            let body = body.map_err(Into::into);
            let put = self.0.put_object(&scope, &object.key, about, body).await;
            put.map(drop).map_err(|error| match error.code().as_str() {
                "NoSuchBucket" => SinkError::NoSuchBucket,
                "AccessDenied" => SinkError::AccessDenied,
                _ => SinkError::Failed(error.to_string()),
            })
        })
    }
}

/// Firehose's way to the data streams of Kinesis.
pub(crate) struct DataStreams {
    kinesis: Arc<Kinesis>,
    /// What was described, because reads name shards alone.
    known: Mutex<HashMap<StreamId, ReadableStream>>,
}

impl DataStreams {
    pub(crate) fn new(kinesis: Arc<Kinesis>) -> Self {
        Self { kinesis, known: Mutex::default() }
    }
}

fn refused(error: ReadError) -> SourceError {
    match error {
        ReadError::NotFound => SourceError::NotFound,
        ReadError::Trimmed { horizon } => SourceError::Trimmed { horizon },
        ReadError::Failed(cause) => SourceError::Failed(cause),
    }
}

impl StreamSource for DataStreams {
    fn describe<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SourceStream>, SourceError>> {
        Box::pin(async move {
            let found = self.kinesis.readable_stream(account, region, name).await.map_err(refused)?;
            let mut known = self.known.lock().expect("no panic while held");
            // A stream of the same name that was there before is of no use to anybody.
            known.retain(|_, other| found.as_ref().is_none_or(|found| other.stream.name != found.stream.name));
            Ok(found.map(|found| {
                let described = describe(&found.stream);
                known.insert(found.stream.id, found);
                described
            }))
        })
    }

    fn locate(&self, shard: ShardId, position: Position) -> BoxFuture<'_, Result<u64, SourceError>> {
        Box::pin(async move { self.kinesis.locate(shard, position).await.map_err(refused) })
    }

    fn read(
        &self,
        shard: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> BoxFuture<'_, Result<SourceRead, SourceError>> {
        Box::pin(async move {
            let stream = self.known.lock().expect("no panic while held").get(&shard.stream).cloned();
            let stream = stream.ok_or(SourceError::NotFound)?;
            let page = self.kinesis.read_shard(&stream, shard, from, limits, wait).await.map_err(refused)?;
            let record = |record: kinesis::ReadRecord| SourceRecord {
                offset: record.offset,
                arrival_ms: record.arrival_ms,
                partition_key: record.partition_key,
                data: record.data,
                sequence_number: record.sequence_number,
            };
            let records = page.records.into_iter().map(record).collect();
            Ok(SourceRead { records, next: page.next, has_ended: page.has_ended })
        })
    }
}

fn describe(stream: &log::Stream) -> SourceStream {
    let shard = |shard: &log::Shard| SourceShard {
        id: shard.id,
        name: ReadableStream::shard_name(shard),
        parents: shard.parents.clone(),
        end: shard.sealed.map(|sealed| sealed.end),
    };
    SourceStream { id: stream.id, created_ms: stream.created_ms, shards: stream.shards.iter().map(shard).collect() }
}
