//! The way of records into the buffer: limit, seal, append. What PutRecord and PutRecordBatch share.

use std::sync::Arc;

use aws::{Call, ServiceError};
use bytes::Bytes;
use log::{Append, Condition, NewRecord};

use crate::Limits;
use crate::shapes::{DeliveryStreamStatus, DeliveryStreamType};
use crate::stream::Source;
use crate::view::StreamView;
use crate::{Firehose, errors, limiter};

/// What became of a record.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is durable, under this id.
    Written(String),
    /// The delivery stream's throughput is exhausted.
    Throttled,
    /// The engine could not take it.
    Failed(Arc<log::Error>),
}

impl Firehose {
    /// The delivery stream that records are put into, if it takes any.
    pub(crate) async fn puttable(&self, call: &Call, name: &str) -> Result<Arc<StreamView>, ServiceError> {
        let view = self.view(call, name).await?;
        if view.record.status(self.now_ms()) != DeliveryStreamStatus::Active {
            return Err(errors::not_active(name, call));
        }
        match view.record.source {
            Source::DirectPut { .. } => Ok(view),
            Source::Kinesis { .. } => Err(errors::not_direct_put(DeliveryStreamType::KinesisStreamAsSource)),
        }
    }

    /// Appends the records of one call; the outcomes stand in their order. Refuses the whole call when there are too
    /// many calls.
    pub(crate) async fn put(
        &self,
        view: &StreamView,
        call: &Call,
        records: Vec<Bytes>,
    ) -> Result<Vec<Outcome>, ServiceError> {
        let counters = &view.live.ingest;
        counters.incoming_put_requests.add(1);
        let mut outcomes: Vec<Option<Outcome>> = Vec::new();
        outcomes.resize_with(records.len(), || None);
        self.throttle(view, &records, &mut outcomes)?;
        let sealer = self.sealer(view)?;
        let shard = view.buffer();
        let waiting = records.into_iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_none());
        let waiting: Vec<Bytes> = waiting.map(|(data, _)| data).collect();
        if waiting.is_empty() {
            return Ok(outcomes.into_iter().flatten().collect());
        }
        let bytes: usize = waiting.iter().map(Bytes::len).sum();
        let count = waiting.len() as u64;
        let stored = waiting.into_iter().map(|data| match &sealer {
            Some(sealer) => sealer.seal(shard, &data),
            None => NewRecord { key: Bytes::new(), value: data, headers: Vec::new() },
        });
        let append = Append { shard, records: stored.collect(), condition: Condition::None };
        let appended = self.log.append(vec![append]).await.map_err(errors::engine)?;
        let places = outcomes.iter_mut().filter(|outcome| outcome.is_none());
        match appended.into_iter().next().expect("one append has one answer") {
            Ok(appended) => {
                counters.incoming_bytes.add(bytes as u64);
                counters.incoming_records.add(count);
                for (offset, place) in (appended.first_offset..).zip(places) {
                    *place = Some(Outcome::Written(record_id(shard, offset)));
                }
            }
            Err(log::Error::NotFound) => return Err(errors::stream_not_found(&view.record.name, call)),
            Err(error) => {
                tracing::warn!(stream = view.stream.name, records = count, %error, "records were not written");
                let error = Arc::new(error);
                places.for_each(|place| *place = Some(Outcome::Failed(Arc::clone(&error))));
            }
        }
        Ok(outcomes.into_iter().map(|outcome| outcome.expect("every record was answered")).collect())
    }

    /// Notes what the limits do not let pass.
    fn throttle(
        &self,
        view: &StreamView,
        records: &[Bytes],
        outcomes: &mut [Option<Outcome>],
    ) -> Result<(), ServiceError> {
        let Source::DirectPut { hint_mib } = view.record.source else { return Ok(()) };
        if self.settings.limits == Limits::Off {
            return Ok(());
        }
        let (now, limit) = (self.host.monotonic(), limiter::throughput(&view.record.region, hint_mib));
        let mut throttled = 0;
        let mut puts = view.live.puts();
        if !puts.begin(now, limit) {
            view.live.ingest.throttled_records.add(records.len() as u64);
            return Err(errors::throttled());
        }
        for (data, outcome) in records.iter().zip(outcomes) {
            if !puts.admit(now, data.len() as u64) {
                *outcome = Some(Outcome::Throttled);
                throttled += 1;
            }
        }
        drop(puts);
        view.live.ingest.throttled_records.add(throttled);
        Ok(())
    }
}

/// An id that tells the record from every other one.
fn record_id(shard: log::ShardId, offset: u64) -> String {
    format!("{:016x}{:08x}{offset:016x}", shard.stream.0, shard.index)
}
