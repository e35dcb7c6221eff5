//! `PutRecordBatch`.

use std::sync::Arc;

use aws::{Blob, Call, Constraints, Operation, Render, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::put::Outcome;
use crate::shapes::{self, Bounded, Form, member};
use crate::{Firehose, errors, limits};

/// Takes up to 500 records in, each with an answer of its own. Those without an error are durable once this answers.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PutRecordBatch {
    delivery_stream_name: Required<String>,
    records: Required<Bounded<BatchRecord>>,
}

/// One record of a batch, in requests.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct BatchRecord {
    data: Option<Blob>,
}

impl Render for BatchRecord {
    fn render(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Data is nobody's business but the caller's.
        f.write_str("Record(data=***)")
    }
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutRecordBatchOutput {
    failed_put_count: usize,
    encrypted: bool,
    request_responses: Vec<ResponseEntry>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResponseEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    record_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'static str>,
}

impl From<&Outcome> for ResponseEntry {
    fn from(outcome: &Outcome) -> Self {
        let failed = |(code, message)| Self { error_code: Some(code), error_message: Some(message), record_id: None };
        match outcome {
            Outcome::Written(id) => Self { record_id: Some(id.clone()), ..Self::default() },
            Outcome::Throttled => failed((errors::THROTTLED, errors::SLOW_DOWN)),
            Outcome::Failed(error) => failed(errors::entry_not_written(error)),
        }
    }
}

impl Operation for PutRecordBatch {
    const NAME: &'static str = "PutRecordBatch";
    const BODY_BYTES_MAX: usize = limits::BATCH_BODY_BYTES_MAX;
    type Service = Firehose;
    type Output = PutRecordBatchOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        check.member("records", &self.records).length(1..=limits::BATCH_RECORDS_MAX);
        let records = self.records.get().map(|records| records.list.as_slice()).unwrap_or_default();
        let is_sound = |data: &Option<Blob>| data.as_ref().is_some_and(|data| data.len() <= limits::RECORD_BYTES_MAX);
        if !records.iter().all(|record| is_sound(&record.data)) {
            check.each("records", records, |check, record| {
                member(check, Form::Whole, "data", &record.data).length(0..=limits::RECORD_BYTES_MAX);
            });
        }
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<PutRecordBatchOutput, ServiceError> {
        let begun = firehose.host.monotonic();
        let view = firehose.puttable(call, &self.delivery_stream_name).await?;
        let records = self.records.into_inner().list.into_iter().map(|record| record.data.unwrap_or_default().0);
        let records: Vec<_> = records.collect();
        let bytes: usize = records.iter().map(bytes::Bytes::len).sum();
        if bytes > limits::BATCH_BYTES_MAX {
            return Err(errors::batch_too_large(limits::BATCH_BYTES_MAX));
        }
        let outcomes = firehose.put(&view, call, records).await?;
        let counters = &view.live.ingest;
        counters.put_record_batch_latency.add(firehose.host.monotonic().saturating_sub(begun));
        counters.put_record_batch_bytes.add(bytes as u64);
        counters.put_record_batch_records.add(outcomes.len() as u64);
        Ok(PutRecordBatchOutput {
            failed_put_count: outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Written(_))).count(),
            encrypted: view.record.encryption.data_key.is_some(),
            request_responses: outcomes.iter().map(ResponseEntry::from).collect(),
        })
    }
}
