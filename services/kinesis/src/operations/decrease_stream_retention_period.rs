//! DecreaseStreamRetentionPeriod.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::{Kinesis, errors, retention, shapes};

/// Shortens the retention of a stream; what is older than that is gone at once.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DecreaseStreamRetentionPeriod.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DecreaseStreamRetentionPeriod {
    stream_name: Option<String>,
    retention_period_hours: Required<i32>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for DecreaseStreamRetentionPeriod {
    const NAME: &'static str = "DecreaseStreamRetentionPeriod";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        check.member("retentionPeriodHours", &self.retention_period_hours);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let hours = retention::require_hours(*self.retention_period_hours)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let change = kinesis.set_retention(&view, call, hours, |existing| {
            let is_allowed = hours <= existing;
            let refused = || errors::retention_not_decreased(hours, existing, view.name());
            if is_allowed { Ok(()) } else { Err(refused()) }
        });
        change.await
    }
}
