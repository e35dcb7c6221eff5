//! `PutRecord`.

use std::sync::Arc;

use aws::{Blob, Call, Codec, Constraints, Operation, Required, ServiceError, WireEnum};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::bulk::scan::{One, scan_one};
use crate::put::{Incoming, Outcome};
use crate::sequence::{Digits, SequenceNumber};
use crate::shapes::{DistributionStrategy, EncryptionType};
use crate::view::StreamView;
use crate::{Kinesis, errors, limits, shapes, shard};

/// Appends one record to the shard that owns its partition key.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html>
///
/// Differs from AWS: `SequenceNumberForOrdering` is checked and otherwise ignored; every write is ordered.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PutRecord {
    stream_name: Option<String>,
    data: Required<Blob>,
    partition_key: Option<String>,
    explicit_hash_key: Option<String>,
    sequence_number_for_ordering: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutRecordOutput {
    shard_id: shard::Name,
    sequence_number: Digits,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_type: Option<&'static str>,
}

impl Operation for PutRecord {
    const NAME: &'static str = "PutRecord";
    const BODY_BYTES_MAX: usize = limits::PUT_BODY_BYTES_MAX;
    type Service = Kinesis;
    type Output = PutRecordOutput;

    async fn quick(
        kinesis: &Arc<Kinesis>,
        call: &Call,
        codec: Codec,
        body: Bytes,
    ) -> Result<Result<Bytes, ServiceError>, Bytes> {
        let is_json = matches!(codec, Codec::Json10 | Codec::Json11);
        let Some(request) = is_json.then(|| Self::scanned(&body)).flatten() else { return Err(body) };
        drop(body);
        let output = request.run(kinesis, call).await;
        Ok(output.and_then(|output| codec.encode(Self::NAME, &output, &call.request_id)))
    }

    // The order is AWS's, not the model's.
    fn constraints(&self, check: &mut Constraints) {
        shapes::sequence_number(check, "sequenceNumberForOrdering", &self.sequence_number_for_ordering);
        check.member("partitionKey", &self.partition_key).length(1..=limits::PARTITION_KEY_CHARS_MAX);
        shapes::hash_key(check, "explicitHashKey", &self.explicit_hash_key);
        check.member("data", &self.data).length(0..=limits::DATA_BYTES_MAX);
        shapes::stream_name(check, &self.stream_name);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<PutRecordOutput, ServiceError> {
        let begun = kinesis.host.monotonic();
        let now_ms = kinesis.now_ms();
        let view = kinesis.find_written_stream(call, &self.stream_name, &self.stream_arn, now_ms).await?;
        view.require_usable(now_ms, call)?;
        self.check_record(&view)?;
        self.check_ordering(&view, now_ms, call)?;
        let hash_key = self.explicit_hash_key.as_deref().map(shapes::parse_hash_key).transpose()?;
        if self.dry_run == Some(true) {
            return Err(errors::dry_run(Self::NAME));
        }
        let key = Bytes::from(self.partition_key.unwrap_or_default());
        let incoming = Incoming { key, data: self.data.into_inner().0, hash_key };
        let outcome = kinesis.put_one(&view, call, &incoming, begun).await?;
        let counters = &view.live.counters;
        counters.put_record_latency.add(kinesis.host.monotonic().saturating_sub(begun));
        match outcome {
            Outcome::Written { shard, number } => {
                counters.put_record_bytes.add(incoming.bytes());
                counters.put_record_success.add(1);
                let encryption_type = view.record.encryption.as_ref().map(|_| EncryptionType::Kms.name());
                Ok(PutRecordOutput { shard_id: shard::Name(shard), sequence_number: number, encryption_type })
            }
            Outcome::Throttled { shard } => Err(errors::shard_rate_exceeded(shard, view.name(), call)),
            Outcome::Failed(error) => Err(errors::not_written(&error)),
        }
    }
}

impl PutRecord {
    /// The request in a body, if it is usual and sound.
    fn scanned(body: &[u8]) -> Option<Self> {
        let One { record, stream_name, stream_arn } = scan_one(body)?;
        let data = base64_simd::STANDARD.decode_to_vec(record.text).ok()?;
        let request = Self {
            stream_name: stream_name.map(str::to_owned),
            stream_arn: stream_arn.map(str::to_owned),
            data: Required::new(Blob(Bytes::from(data))),
            partition_key: Some(String::from_utf8(record.key.to_vec()).ok()?),
            ..Self::default()
        };
        let mut check = Constraints::new();
        request.constraints(&mut check);
        check.finish().ok().map(|()| request)
    }

    /// What the model cannot say because it depends on the stream. ≈: that AWS answers as for the model's own limits.
    fn check_record(&self, view: &StreamView) -> Result<(), ServiceError> {
        let mut check = Constraints::new();
        if self.partition_key.is_none() && view.record.strategy != DistributionStrategy::Auto {
            check.fail("partitionKey", "null", "Member must not be null");
        }
        let key_bytes = self.partition_key.as_ref().map_or(0, String::len);
        shapes::record_bytes(&mut check, key_bytes, &self.data, view.record.record_kib_max);
        check.finish()
    }

    fn check_ordering(&self, view: &StreamView, now_ms: u64, call: &Call) -> Result<(), ServiceError> {
        let Some(text) = &self.sequence_number_for_ordering else { return Ok(()) };
        let refused = |printed: String| errors::ordering_number_invalid(&printed, view.name(), call);
        let number = SequenceNumber::parse(text).ok_or_else(|| refused(text.clone()))?;
        let decoded = number.decode().filter(|decoded| decoded.time_s <= now_ms / 1000);
        decoded.map(|_| ()).ok_or_else(|| refused(number.normalized().to_string()))
    }
}
