//! What one service needs of another: services never know each other, so the ways between them are here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firehose::{
    NewObject, ObjectBody, ObjectSink, SinkError, SourceError, SourceRead, SourceRecord, SourceShard, SourceStream,
    StreamSource,
};
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use kinesis::{Kinesis, ReadError, ReadableStream};
use log::{Position, ReadLimits, ShardId, StreamId};
use s3::S3;

use bytes::Bytes;
use firehose::Firehose;
use kinesisanalytics::{LinkError, Named, ObjectBytes};
use log::sink::{KeyedRecord, Written};

/// Firehose's way to the buckets of S3.
pub(crate) struct Buckets(pub(crate) Arc<S3>);

impl ObjectSink for Buckets {
    fn put(&self, object: NewObject, body: ObjectBody) -> BoxFuture<'_, Result<(), SinkError>> {
        Box::pin(async move {
            let scope = s3::Scope { account: object.account, region: object.region, bucket: object.bucket };
            let about = s3::About {
                content_type: Some(object.content_type.to_owned()),
                content_encoding: object.content_encoding.map(str::to_owned),
                kms_key_arn: object.kms_key_arn,
                ..s3::About::default()
            };
            let body = body.map_err(Into::into);
            let put = self.0.put_object(&scope, &object.key, about, body).await;
            put.map(drop).map_err(|error| match error.code().as_str() {
                "NoSuchBucket" => SinkError::NoSuchBucket,
                "AccessDenied" => SinkError::AccessDenied,
                "KMS.NotFoundException" => SinkError::NoSuchKey,
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

/// The way of Kinesis Data Analytics to data streams it writes.
impl kinesisanalytics::DataStreams for DataStreams {
    fn write<'a>(
        &'a self,
        stream: &'a Named,
        records: Vec<KeyedRecord>,
    ) -> BoxFuture<'a, Result<Vec<Written>, LinkError>> {
        Box::pin(async move {
            let Named { account, region, name } = stream;
            self.kinesis.write(account, region, name, records).await.map_err(|error| match error {
                kinesis::WriteError::NotFound => LinkError::NotFound(format!("the data stream {name} does not exist")),
                error => LinkError::Failed(error.to_string()),
            })
        })
    }
}

fn unwritable(error: firehose::WriteError) -> LinkError {
    match error {
        firehose::WriteError::Refused(reason) => LinkError::NotFound(reason),
        error => LinkError::Failed(error.to_string()),
    }
}

/// The way of Kinesis Data Analytics to delivery streams.
pub(crate) struct DeliveryStreams(pub(crate) Arc<Firehose>);

impl StreamSource for DeliveryStreams {
    fn describe<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SourceStream>, SourceError>> {
        self.0.describe(account, region, name)
    }

    fn locate(&self, shard: ShardId, position: Position) -> BoxFuture<'_, Result<u64, SourceError>> {
        self.0.locate(shard, position)
    }

    fn read(
        &self,
        shard: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> BoxFuture<'_, Result<SourceRead, SourceError>> {
        self.0.read(shard, from, limits, wait)
    }
}

impl kinesisanalytics::DeliveryStreams for DeliveryStreams {
    fn keep_for<'a>(&'a self, reader: &'a str, stream: &'a Named) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move {
            let Named { account, region, name } = stream;
            self.0.keep_for(reader, account, region, name).await.map_err(unwritable)
        })
    }

    fn stop_reading<'a>(&'a self, reader: &'a str) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move { self.0.stop_reading(reader).await.map_err(unwritable) })
    }

    fn write<'a>(&'a self, stream: &'a Named, records: Vec<Bytes>) -> BoxFuture<'a, Result<Vec<Written>, LinkError>> {
        Box::pin(async move {
            let Named { account, region, name } = stream;
            self.0.write(account, region, name, records).await.map_err(unwritable)
        })
    }
}

/// The way of Kinesis Data Analytics to objects.
impl kinesisanalytics::Objects for Buckets {
    fn open<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
        bucket: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(u64, ObjectBytes), LinkError>> {
        Box::pin(async move {
            let (account, region, bucket) = (account.to_owned(), region.to_owned(), bucket.to_owned());
            let scope = s3::Scope { account, region, bucket };
            let (summary, body) = self.0.get_object(&scope, key, None).await.map_err(|error| {
                let code = error.code().as_str().to_owned();
                match code.as_str() {
                    "NoSuchBucket" | "NoSuchKey" | "AccessDenied" => LinkError::NotFound(code),
                    _ => LinkError::Failed(error.to_string()),
                }
            })?;
            let body: ObjectBytes = body.map_err(|error| error.to_string()).boxed();
            Ok((summary.size, body))
        })
    }
}
