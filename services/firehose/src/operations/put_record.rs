//! `PutRecord`.

use std::sync::Arc;

use aws::{Blob, Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::put::Outcome;
use crate::shapes::{self, Form, member, require};
use crate::{Firehose, errors, limits};

/// Takes one record in. It is durable once this answers.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PutRecord {
    delivery_stream_name: Required<String>,
    record: Required<Record>,
}

/// A record, in requests.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Record {
    data: Option<Blob>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutRecordOutput {
    record_id: String,
    encrypted: bool,
}

impl Operation for PutRecord {
    const NAME: &'static str = "PutRecord";
    const BODY_BYTES_MAX: usize = limits::PUT_BODY_BYTES_MAX;
    type Service = Firehose;
    type Output = PutRecordOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        require(check, Form::Whole, "record", self.record.get());
        if let Some(record) = self.record.get() {
            check.nested("record", |check| {
                member(check, Form::Whole, "data", &record.data).length(0..=limits::RECORD_BYTES_MAX);
            });
        }
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<PutRecordOutput, ServiceError> {
        let begun = firehose.host.monotonic();
        let view = firehose.puttable(call, &self.delivery_stream_name).await?;
        let data = self.record.into_inner().data.unwrap_or_default().0;
        let bytes = data.len() as u64;
        let outcome = firehose.put(&view, call, vec![data]).await?.pop().expect("one record has one outcome");
        let counters = &view.live.ingest;
        counters.put_record_latency.add(firehose.host.monotonic().saturating_sub(begun));
        match outcome {
            Outcome::Written(record_id) => {
                counters.put_record_bytes.add(bytes);
                Ok(PutRecordOutput { record_id, encrypted: view.record.encryption.data_key.is_some() })
            }
            Outcome::Throttled => Err(errors::throttled()),
            Outcome::Failed(error) => Err(errors::not_written(&error)),
        }
    }
}
