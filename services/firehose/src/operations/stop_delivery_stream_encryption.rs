//! `StopDeliveryStreamEncryption`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::Firehose;
use crate::shapes::{self, Empty};

/// Has new records buffered as they are; what is encrypted stays so until it is delivered.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_StopDeliveryStreamEncryption.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StopDeliveryStreamEncryption {
    delivery_stream_name: Required<String>,
}

impl Operation for StopDeliveryStreamEncryption {
    const NAME: &'static str = "StopDeliveryStreamEncryption";
    type Service = Firehose;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<Empty, ServiceError> {
        firehose.admit(call, Self::NAME)?;
        let view = firehose.view(call, &self.delivery_stream_name).await?;
        let (now_ms, duration_ms) = (firehose.now_ms(), firehose.settings.transition_ms());
        let is_limited = firehose.settings.limits == crate::Limits::Aws;
        let change = firehose.change_stream(&view, call, |record| {
            record.require_encryptable(now_ms)?;
            if record.encryption.data_key.is_some() {
                record.use_encryption_change(now_ms, is_limited)?;
                record.encryption.data_key = None;
                record.encryption.settled_ms = now_ms + duration_ms;
            }
            Ok(())
        });
        change.await?;
        Ok(Empty {})
    }
}
