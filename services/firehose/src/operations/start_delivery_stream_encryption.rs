//! `StartDeliveryStreamEncryption`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::Firehose;
use crate::shapes::{self, Empty, EncryptionInput};

/// Has new records encrypted in the buffer, under a key of the key store.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_StartDeliveryStreamEncryption.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StartDeliveryStreamEncryption {
    delivery_stream_name: Required<String>,
    delivery_stream_encryption_configuration_input: Option<EncryptionInput>,
}

impl Operation for StartDeliveryStreamEncryption {
    const NAME: &'static str = "StartDeliveryStreamEncryption";
    type Service = Firehose;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        self.delivery_stream_encryption_configuration_input.iter().for_each(|input| input.constraints(check));
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<Empty, ServiceError> {
        firehose.admit(call, Self::NAME)?;
        let view = firehose.view(call, &self.delivery_stream_name).await?;
        view.record.require_encryptable(firehose.now_ms())?;
        let (key_type, key_arn) = EncryptionInput::choice(self.delivery_stream_encryption_configuration_input)?;
        // Made even where there is one of this key already: it shows whether the key may be used now.
        let made = firehose.make_data_key(&call.account, &call.region, key_arn.as_deref()).await?;
        let (now_ms, duration_ms) = (firehose.now_ms(), firehose.settings.transition_ms());
        let is_limited = firehose.settings.limits == crate::Limits::Aws;
        let change = firehose.change_stream(&view, call, |record| {
            record.require_encryptable(now_ms)?;
            record.use_encryption_change(now_ms, is_limited)?;
            record.seal_with(&made, key_type, now_ms + duration_ms)
        });
        change.await?;
        Ok(Empty {})
    }
}
