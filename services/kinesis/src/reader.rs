//! Data streams for readers in the same process, without HTTP: what Firehose delivers from.

use std::time::Duration;

use bytes::Bytes;
use log::{Position, ReadLimits, Shard, ShardId};

use crate::sequence::Numbering;
use crate::shapes::StreamStatus;
use crate::{Kinesis, shard, stream};

/// A data stream.
#[derive(Debug, Clone)]
pub struct ReadableStream {
    /// The stream as the engine has it: its identity and its shards.
    pub stream: std::sync::Arc<log::Stream>,
}

impl ReadableStream {
    /// The wire name of a shard.
    pub fn shard_name(shard: &Shard) -> String {
        shard::name(shard.id.index)
    }
}

/// A record, opened if it was sealed.
#[derive(Debug, Clone)]
pub struct ReadRecord {
    /// Its place.
    pub offset: u64,
    /// When it arrived, in wall-clock milliseconds.
    pub arrival_ms: u64,
    /// Its sequence number.
    pub sequence_number: String,
    /// Its partition key.
    pub partition_key: Bytes,
    /// Its data.
    pub data: Bytes,
}

/// Records, and how to go on.
#[derive(Debug, Clone)]
pub struct ReadPage {
    /// In order.
    pub records: Vec<ReadRecord>,
    /// The offset to go on at.
    pub next: u64,
    /// Whether nothing will ever follow.
    pub has_ended: bool,
}

/// Why nothing was read, told as what the reader can do.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The stream or the shard is gone.
    #[error("the stream or the shard does not exist")]
    NotFound,
    /// Go on at `horizon`.
    #[error("the offset is trimmed, the oldest is {horizon}")]
    Trimmed {
        /// The first readable offset.
        horizon: u64,
    },
    /// Try again later.
    #[error("reading failed: {0}")]
    Failed(String),
}

impl From<log::Error> for ReadError {
    fn from(error: log::Error) -> Self {
        match error {
            log::Error::NotFound => Self::NotFound,
            log::Error::Trimmed { horizon } => Self::Trimmed { horizon },
            error => Self::Failed(error.to_string()),
        }
    }
}

impl Kinesis {
    /// The stream of that name, unless it is being deleted.
    pub async fn readable_stream(
        &self,
        account: &str,
        region: &str,
        name: &str,
    ) -> Result<Option<ReadableStream>, ReadError> {
        let key = stream::engine_name(account, region, name);
        let view = self.view_by_key(&key).await.map_err(|error| ReadError::Failed(error.to_string()))?;
        let view = view.filter(|view| view.status(self.now_ms()) != StreamStatus::Deleting);
        Ok(view.map(|view| ReadableStream { stream: std::sync::Arc::clone(&view.stream) }))
    }

    /// Turns a position into an offset.
    pub async fn locate(&self, shard: ShardId, position: Position) -> Result<u64, ReadError> {
        Ok(self.log.locate(shard, position).await?)
    }

    /// Reads records of a shard of `stream` from an offset on; waits for up to `wait` where there is nothing yet.
    pub async fn read_shard(
        &self,
        stream: &ReadableStream,
        shard: ShardId,
        from: u64,
        limits: ReadLimits,
        wait: Option<Duration>,
    ) -> Result<ReadPage, ReadError> {
        let failed = |error: aws::ServiceError| ReadError::Failed(error.to_string());
        let batches = self.log.read(shard, from, limits, wait).await?;
        let view = self.view_by_key(&stream.stream.name).await.map_err(failed)?;
        let view = view.filter(|view| view.stream.id == shard.stream).ok_or(ReadError::NotFound)?;
        let opened = self.open_records(&view, shard, &batches).await.map_err(failed)?;
        let has_ended = match batches.is_empty() {
            true => {
                let bounds = self.log.bounds(shard).await?;
                bounds.sealed && batches.next >= bounds.end
            }
            false => false,
        };
        let mut numbering = Numbering::new(view.created_s_of(shard.index), shard.index);
        let records = batches.iter().enumerate().map(|(at, record)| {
            let (key, data) = opened.get(at).unwrap_or((record.key, record.value));
            let number = numbering.at(record.offset, record.arrival_ms / 1000);
            ReadRecord {
                offset: record.offset,
                arrival_ms: record.arrival_ms,
                sequence_number: number.to_string(),
                partition_key: Bytes::copy_from_slice(key),
                data: Bytes::copy_from_slice(data),
            }
        });
        Ok(ReadPage { records: records.collect(), next: batches.next, has_ended })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{simulate, unlimited};

    #[test]
    fn records_are_read_with_their_numbers_and_opened() {
        simulate(unlimited(), |world| async move {
            world.make_stream("s", 1).await;
            let put = json!({"StreamName": "s", "PartitionKey": "k", "Data": "aGk="});
            let first = world.ok("PutRecord", put.clone()).await;
            let start = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"});
            world.ok("StartStreamEncryption", start).await;
            world.settle().await;
            let second = world.ok("PutRecord", put).await;
            let stream = world.kinesis.readable_stream("123456789012", "us-east-1", "s").await.unwrap().unwrap();
            let shard = stream.stream.shards[0].id;
            let limits = ReadLimits { records_max: 10, bytes_max: 1 << 20 };
            let page = world.kinesis.read_shard(&stream, shard, 0, limits, None).await.unwrap();
            let numbers: Vec<_> = page.records.iter().map(|record| json!(record.sequence_number)).collect();
            assert_eq!(numbers, [first["SequenceNumber"].clone(), second["SequenceNumber"].clone()]);
            assert!(page.records.iter().all(|record| &record.data[..] == b"hi" && &record.partition_key[..] == b"k"));
            assert_eq!((page.next, page.has_ended), (2, false));
            let gone = world.kinesis.readable_stream("123456789012", "us-east-1", "nobody").await.unwrap();
            assert!(gone.is_none());
        });
    }
}
