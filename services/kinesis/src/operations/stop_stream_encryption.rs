//! StopStreamEncryption.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::Limits;
use crate::shapes::{EncryptionType, StreamStatus};
use crate::{Kinesis, errors, limits, shapes, stream};

/// Has new records of a stream stored as they come. Records that are encrypted stay so, and readable.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StopStreamEncryption.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StopStreamEncryption {
    stream_name: Option<String>,
    encryption_type: Required<Lenient<EncryptionType>>,
    key_id: Required<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for StopStreamEncryption {
    const NAME: &'static str = "StopStreamEncryption";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        check.member("encryptionType", &self.encryption_type).known();
        check.member("keyId", &self.key_id).length(1..=2048);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        if self.encryption_type.known() != EncryptionType::Kms {
            return Err(errors::encryption_type_is_not_kms());
        }
        // Tells which key is meant where it is named otherwise than at the start. One that cannot be used any more is
        // known by its name alone, so that encryption can still be stopped.
        let meant = kinesis.make_data_key(&view, &self.key_id).await.ok().map(|made| made.key);
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let is_limited = kinesis.settings.limits == Limits::Aws;
        let change = kinesis.change_stream(&view, call, |current, record| {
            current.require_active(now_ms, call)?;
            let Some(encryption) = record.encryption.take() else { return Ok(log::Alteration::default()) };
            let in_use = record.data_keys.get(encryption.data_key as usize).map(|data_key| &data_key.key);
            if encryption.key_id != *self.key_id && in_use != meant.as_ref() {
                return Err(errors::stream_has_other_key(&self.key_id, current.name(), call));
            }
            let used = &mut record.used.encryption_stops;
            if is_limited && !stream::use_quota(used, limits::ENCRYPTION_CHANGES_MAX, now_ms) {
                return Err(errors::stream_rate_exceeded(current.name(), call));
            }
            record.begin(StreamStatus::Updating, now_ms, duration_ms);
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
