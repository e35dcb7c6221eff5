//! Where a delivery stream's records come from: its own buffer, or a data stream.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use log::{LogEngine, Position, ReadLimits, ShardId};

use crate::Firehose;
use crate::stream::Source;
use crate::view::StreamView;
use log::source::{SourceError, SourceRecord, SourceShard, SourceStream, StreamSource};

/// What is read at once: little enough to be held by hundreds of deliveries.
const READ: ReadLimits = ReadLimits { records_max: 4_096, bytes_max: 512 * 1024 };
/// What is looked at at once to learn sizes; in the buffer nothing of it is copied.
const MEASURE: ReadLimits = ReadLimits { records_max: 16_384, bytes_max: 4 * 1024 * 1024 };

/// A source of records. Cheap to clone; holds nothing of the service, so that waiting on it keeps nobody alive.
#[derive(Clone)]
pub(crate) enum Tap {
    /// The log stream behind PutRecord and PutRecordBatch.
    Buffer { log: Arc<dyn LogEngine>, shard: ShardId },
    /// A data stream.
    DataStream { streams: Arc<dyn StreamSource>, account: String, region: String, name: String },
}

/// The size and age of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) arrival_ms: u64,
}

/// Sizes of what was read.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) records: Vec<Measure>,
    /// Where to go on.
    pub(crate) next: u64,
    /// Nothing will ever follow.
    pub(crate) has_ended: bool,
}

impl Tap {
    /// The source of a delivery stream.
    pub(crate) fn of(firehose: &Firehose, view: &StreamView) -> Self {
        match &view.record.source {
            Source::DirectPut { .. } => Self::Buffer { log: Arc::clone(&firehose.log), shard: view.buffer() },
            Source::Kinesis { stream_arn, .. } => {
                let arn = aws::Arn::parse(stream_arn);
                let (account, region) = arn.as_ref().map_or(("", ""), |arn| (arn.account, arn.region));
                let name = arn.as_ref().and_then(|arn| arn.resource.strip_prefix("stream/")).unwrap_or_default();
                let streams = Arc::clone(&firehose.data_streams);
                let (account, region, name) = (account.to_owned(), region.to_owned(), name.to_owned());
                Self::DataStream { streams, account, region, name }
            }
        }
    }

    /// Whether records come from a data stream.
    pub(crate) fn is_data_stream(&self) -> bool {
        matches!(self, Self::DataStream { .. })
    }

    /// The source as it is now, if it is there.
    pub(crate) async fn describe(&self) -> Result<Option<SourceStream>, SourceError> {
        match self {
            Self::Buffer { shard, .. } => {
                let only = SourceShard { id: *shard, name: String::new(), parents: Vec::new(), end: None };
                Ok(Some(SourceStream { id: shard.stream, created_ms: 0, shards: vec![only] }))
            }
            Self::DataStream { streams, account, region, name } => streams.describe(account, region, name).await,
        }
    }

    /// Where records begin that arrived at an instant or later.
    pub(crate) async fn locate(&self, shard: ShardId, start_ms: u64) -> Result<u64, SourceError> {
        let position = if start_ms == 0 { Position::Horizon } else { Position::AtTime(start_ms) };
        match self {
            Self::Buffer { log, .. } => Ok(log.locate(shard, position).await?),
            Self::DataStream { streams, .. } => streams.locate(shard, position).await,
        }
    }

    /// Learns the sizes of records; waits for up to `wait` where there are none.
    pub(crate) async fn measure(&self, shard: ShardId, from: u64, wait: Duration) -> Result<Measured, SourceError> {
        match self {
            Self::Buffer { log, .. } => {
                let read = log.read(shard, from, MEASURE, Some(wait)).await?;
                let measure = |record: log::RecordView<'_>| Measure {
                    offset: record.offset,
                    bytes: record.value.len() as u64,
                    arrival_ms: record.arrival_ms,
                };
                Ok(Measured { records: read.iter().map(measure).collect(), next: read.next, has_ended: false })
            }
            Self::DataStream { streams, .. } => {
                let read = streams.read(shard, from, READ, Some(wait)).await?;
                let measure = |record: &SourceRecord| Measure {
                    offset: record.offset,
                    bytes: record.data.len() as u64,
                    arrival_ms: record.arrival_ms,
                };
                let records = read.records.iter().map(measure).collect();
                Ok(Measured { records, next: read.next, has_ended: read.has_ended })
            }
        }
    }

    /// Reads some records of a span that are there, and where to go on.
    pub(crate) async fn read(
        &self,
        firehose: &Firehose,
        view: &StreamView,
        shard: ShardId,
        from: u64,
        to: u64,
    ) -> Result<(Vec<SourceRecord>, u64), SourceError> {
        let count = usize::try_from(to - from).unwrap_or(usize::MAX);
        let limits = ReadLimits { records_max: READ.records_max.min(count), ..READ };
        match self {
            Self::Buffer { log, .. } => {
                let read = log.read(shard, from, limits, None).await?;
                let opened = firehose.open_records(view, &read).await;
                let opened = opened.map_err(|error| SourceError::Failed(error.to_string()))?;
                let record = |(at, record): (usize, log::RecordView<'_>)| SourceRecord {
                    offset: record.offset,
                    arrival_ms: record.arrival_ms,
                    partition_key: Bytes::new(),
                    data: opened.get(at).cloned().unwrap_or_else(|| Bytes::copy_from_slice(record.value)),
                    sequence_number: sequence(shard, record.offset),
                };
                Ok((read.iter().enumerate().map(record).collect(), read.next))
            }
            Self::DataStream { streams, .. } => {
                let read = streams.read(shard, from, limits, None).await?;
                Ok((read.records, read.next))
            }
        }
    }

    /// Lets go of what lies before an offset, where the source is ours.
    pub(crate) async fn trim(&self, before: u64) {
        let Self::Buffer { log, shard } = self else { return };
        match log.trim(*shard, before).await {
            Ok(()) | Err(log::Error::NotFound) => {}
            // Costs disk space until the next delivery.
            Err(error) => tracing::warn!(%error, "a buffer could not be trimmed"),
        }
    }
}

/// Tells a record of a buffer from every other record, in order.
pub(crate) fn sequence(shard: ShardId, offset: u64) -> String {
    format!("{}{offset:020}", shard.stream.0 + 1)
}
