//! `DeleteDeliveryStream`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::DeliveryStreamStatus;
use crate::{Firehose, errors, shapes, tasks};

/// Deletes a delivery stream and what it has not delivered.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeleteDeliveryStream.html>
///
/// Differs from AWS: `AllowForceDelete` makes no difference; keys are never in the way of a deletion.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteDeliveryStream {
    delivery_stream_name: Required<String>,
    allow_force_delete: Option<bool>,
}

impl Operation for DeleteDeliveryStream {
    const NAME: &'static str = "DeleteDeliveryStream";
    type Service = Firehose;
    type Output = shapes::Empty;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<shapes::Empty, ServiceError> {
        firehose.admit(call, Self::NAME)?;
        let view = firehose.view(call, &self.delivery_stream_name).await?;
        let (now_ms, duration_ms) = (firehose.now_ms(), firehose.settings.transition_ms());
        let change = firehose.change_stream(&view, call, |record| {
            match record.status(now_ms) {
                DeliveryStreamStatus::Creating => {
                    return Err(errors::cannot_delete(&record.name, DeliveryStreamStatus::Creating, call));
                }
                DeliveryStreamStatus::Deleting => {}
                _ => record.begin(DeliveryStreamStatus::Deleting, now_ms, duration_ms),
            }
            Ok(())
        });
        let deleting = change.await?;
        tasks::delete_when_due(firehose, &deleting);
        Ok(shapes::Empty {})
    }
}
