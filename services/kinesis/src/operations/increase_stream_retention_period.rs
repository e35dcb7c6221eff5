//! IncreaseStreamRetentionPeriod.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::{Kinesis, errors, retention, shapes};

/// Lengthens the retention of a stream; records that are trimmed already do not come back.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct IncreaseStreamRetentionPeriod {
    stream_name: Option<String>,
    retention_period_hours: Required<i32>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for IncreaseStreamRetentionPeriod {
    const NAME: &'static str = "IncreaseStreamRetentionPeriod";
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
            let is_allowed = hours >= existing;
            let refused = || errors::retention_not_increased(hours, existing, view.name());
            if is_allowed { Ok(()) } else { Err(refused()) }
        });
        change.await
    }
}
