//! UpdateMaxRecordSize.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::StreamStatus;
use crate::{Kinesis, limits, shapes};

/// Changes how large a record of a stream may be.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateMaxRecordSize {
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
    #[serde(rename = "MaxRecordSizeInKiB")]
    max_record_size_in_kib: Required<i32>,
}

impl Operation for UpdateMaxRecordSize {
    const NAME: &'static str = "UpdateMaxRecordSize";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
        check.member("maxRecordSizeInKiB", &self.max_record_size_in_kib).range(limits::RECORD_KIB_RANGE);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        let view = kinesis.find_stream(call, &None, &self.stream_arn).await?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let record_kib_max = self.max_record_size_in_kib.unsigned_abs();
        let change = kinesis.change_stream(&view, call, |current, record| {
            current.require_active(now_ms, call)?;
            if record.record_kib_max != record_kib_max {
                record.record_kib_max = record_kib_max;
                record.begin(StreamStatus::Updating, now_ms, duration_ms);
            }
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
