//! DeleteStream.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::Deserialize;

use crate::shapes::StreamStatus;
use crate::{Kinesis, errors, shapes};

/// Deletes a stream with its shards and records. It is DELETING for a moment, then gone.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DeleteStream {
    stream_name: Option<String>,
    enforce_consumer_deletion: Option<bool>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for DeleteStream {
    const NAME: &'static str = "DeleteStream";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let may_have_consumers = self.enforce_consumer_deletion == Some(true);
        let change = kinesis.change_stream(&view, call, |current, record| {
            if record.status(now_ms) == StreamStatus::Deleting {
                return Ok(log::Alteration::default());
            }
            if !may_have_consumers && record.consumers_at(now_ms).next().is_some() {
                return Err(errors::stream_has_consumers(current.name(), call));
            }
            record.begin(StreamStatus::Deleting, now_ms, duration_ms);
            // A stream of the same name must not repeat sequence numbers and consumer ARNs, which carry seconds.
            record.settled_ms = record.settled_ms.max((current.newest_created_s() + 1) * 1000);
            Ok(log::Alteration::default())
        });
        let changed = change.await?;
        kinesis.due.at(changed.record.settled_ms, &changed.stream.name);
        Ok(())
    }
}
