//! `PutRecords`.

use std::sync::Arc;

use aws::{Call, Codec, Constraints, Operation, Required, ServiceError, WireEnum};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::bulk::Written;
use crate::entries::Entries;
use crate::put::{self, Outcome};
use crate::sequence::Digits;
use crate::shapes::{DistributionStrategy, EncryptionType};
use crate::view::StreamView;
use crate::{Kinesis, errors, limits, shapes, shard};

/// Appends up to 500 records, each to the shard that owns its partition key. Each succeeds or fails on its own.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>
///
/// Differs from AWS: records of one call for one shard become durable together, in the order of the call.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PutRecords {
    records: Required<Entries>,
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutRecordsOutput {
    failed_record_count: usize,
    records: Vec<ResultEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_type: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ResultEntry {
    #[serde(rename_all = "PascalCase")]
    Written { sequence_number: Digits, shard_id: shard::Name },
    #[serde(rename_all = "PascalCase")]
    Failed { error_code: &'static str, error_message: String },
}

impl Operation for PutRecords {
    const NAME: &'static str = "PutRecords";
    const BODY_BYTES_MAX: usize = limits::PUT_BODY_BYTES_MAX;
    type Service = Kinesis;
    type Output = PutRecordsOutput;

    async fn quick(
        kinesis: &Arc<Kinesis>,
        call: &Call,
        codec: Codec,
        body: Bytes,
    ) -> Result<Result<Bytes, ServiceError>, Bytes> {
        let begun = kinesis.host.monotonic();
        let Some(bulk) = kinesis.bulk(call, codec, &body).await else { return Err(body) };
        drop(body); // Large bodies are not kept while the disk works.
        let (view, (total, bytes)) = (Arc::clone(&bulk.view), bulk.size());
        let answer = match kinesis.put_bulk(call, bulk).await {
            Ok(Written::All(answer)) => {
                count(&view, Counts { total, written: total, throttled: 0, bytes });
                Ok(answer)
            }
            Ok(Written::Some(outcomes, bytes)) => {
                count(&view, Counts { bytes, ..Counts::of(&outcomes) });
                codec.encode(Self::NAME, &PutRecordsOutput::new(outcomes, &view, call), &call.request_id)
            }
            Err(error) => Err(error),
        };
        if answer.is_ok() {
            view.live.counters.put_records_latency.add(kinesis.host.monotonic().saturating_sub(begun));
        }
        Ok(answer)
    }

    fn constraints(&self, check: &mut Constraints) {
        check.member("records", &self.records).length(1..=limits::PUT_RECORDS_COUNT_MAX);
        if let Some(entries) = self.records.get() {
            entries.constraints(check);
        }
        shapes::stream_name(check, &self.stream_name);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<PutRecordsOutput, ServiceError> {
        let begun = kinesis.host.monotonic();
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        view.require_usable(kinesis.now_ms(), call)?;
        check_entries(&self.records, &view)?;
        let incoming = self.records.incoming()?;
        if self.dry_run == Some(true) {
            return Err(errors::dry_run(Self::NAME));
        }
        let outcomes = kinesis.put(&view, call, &incoming).await?;
        count(&view, Counts { bytes: put::durable_bytes(&incoming, &outcomes), ..Counts::of(&outcomes) });
        view.live.counters.put_records_latency.add(kinesis.host.monotonic().saturating_sub(begun));
        Ok(PutRecordsOutput::new(outcomes, &view, call))
    }
}

impl PutRecordsOutput {
    fn new(outcomes: Vec<Outcome>, view: &StreamView, call: &Call) -> Self {
        let records: Vec<_> = outcomes.into_iter().map(|outcome| ResultEntry::new(outcome, view, call)).collect();
        let failed_record_count = records.iter().filter(|entry| matches!(entry, ResultEntry::Failed { .. })).count();
        let encryption_type = view.record.encryption.as_ref().map(|_| EncryptionType::Kms.name());
        Self { failed_record_count, records, encryption_type }
    }
}

/// Checks the entries against the limits of the call and of the stream.
fn check_entries(entries: &Entries, view: &StreamView) -> Result<(), ServiceError> {
    if entries.bytes() > limits::PUT_RECORDS_BYTES_MAX {
        return Err(errors::put_records_too_large());
    }
    let mut check = Constraints::new();
    let needs_key = view.record.strategy != DistributionStrategy::Auto;
    entries.stream_constraints(&mut check, needs_key, view.record.record_kib_max);
    check.finish()
}

/// What became of the records of a call.
#[derive(Default)]
struct Counts {
    total: u64,
    written: u64,
    throttled: u64,
    /// Of those that were written.
    bytes: u64,
}

impl Counts {
    fn of(outcomes: &[Outcome]) -> Self {
        let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count() as u64;
        let written = count(|outcome| matches!(outcome, Outcome::Written { .. }));
        let throttled = count(|outcome| matches!(outcome, Outcome::Throttled { .. }));
        Self { total: outcomes.len() as u64, written, throttled, bytes: 0 }
    }
}

fn count(view: &StreamView, counts: Counts) {
    let Counts { total, written, throttled, bytes } = counts;
    let counters = &view.live.counters;
    counters.put_records_total.add(total);
    counters.put_records_successful.add(written);
    counters.put_records_throttled.add(throttled);
    counters.put_records_failed.add(total - written - throttled);
    counters.put_records_bytes.add(bytes);
    // AWS: the operation succeeded if at least one record did.
    counters.put_records_success.add(u64::from(written > 0));
}

impl ResultEntry {
    fn new(outcome: Outcome, view: &StreamView, call: &Call) -> Self {
        let (error_code, error_message) = match outcome {
            Outcome::Written { shard, number } => {
                return Self::Written { sequence_number: number, shard_id: shard::Name(shard) };
            }
            Outcome::Throttled { shard } => errors::entry_rate_exceeded(shard, view.name(), call),
            Outcome::Failed(error) => errors::entry_not_written(&error),
        };
        Self::Failed { error_code, error_message }
    }
}
