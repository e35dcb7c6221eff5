//! StartStreamEncryption.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::Limits;
use crate::shapes::{EncryptionType, StreamStatus};
use crate::stream::Encryption;
use crate::{Kinesis, errors, limits, shapes, stream};

/// Has new records of a stream encrypted at rest, under a key of the key store.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StartStreamEncryption {
    stream_name: Option<String>,
    encryption_type: Required<Lenient<EncryptionType>>,
    key_id: Required<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for StartStreamEncryption {
    const NAME: &'static str = "StartStreamEncryption";
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
        view.require_active(kinesis.now_ms(), call)?;
        // Made even where the stream has one of this key already: it shows whether the key may be used now.
        let made = kinesis.make_data_key(&view, &self.key_id).await?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let is_limited = kinesis.settings.limits == Limits::Aws;
        let change = kinesis.change_stream(&view, call, |current, record| {
            current.require_active(now_ms, call)?;
            let used = &mut record.used.encryption_starts;
            if is_limited && !stream::use_quota(used, limits::ENCRYPTION_CHANGES_MAX, now_ms) {
                return Err(errors::stream_rate_exceeded(current.name(), call));
            }
            let known = record.data_keys.iter().position(|data_key| data_key.key == made.key);
            if known.is_none() && record.data_keys.len() >= limits::DATA_KEYS_MAX {
                return Err(errors::too_many_data_keys(limits::DATA_KEYS_MAX, current.name(), call));
            }
            let at = known.unwrap_or_else(|| {
                record.data_keys.push(made.clone());
                record.data_keys.len() - 1
            });
            let data_key = u32::try_from(at).map_err(ServiceError::internal)?;
            record.encryption = Some(Encryption { key_id: (*self.key_id).clone(), data_key });
            record.begin(StreamStatus::Updating, now_ms, duration_ms);
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
