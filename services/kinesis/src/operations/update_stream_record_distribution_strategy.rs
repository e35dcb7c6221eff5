//! UpdateStreamRecordDistributionStrategy.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{DistributionStrategy, StreamMode, StreamStatus};
use crate::{Kinesis, errors, shapes};

/// Changes who chooses the shard of a record: the partition key, or the server.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamRecordDistributionStrategy.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateStreamRecordDistributionStrategy {
    #[serde(rename = "StreamARN")]
    stream_arn: Required<String>,
    stream_id: Option<String>,
    record_distribution_strategy: Required<Lenient<DistributionStrategy>>,
}

impl Operation for UpdateStreamRecordDistributionStrategy {
    const NAME: &'static str = "UpdateStreamRecordDistributionStrategy";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_arn_required(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
        check.member("recordDistributionStrategy", &self.record_distribution_strategy).known();
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        let view = kinesis.find_stream(call, &None, &Some((*self.stream_arn).clone())).await?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let strategy = self.record_distribution_strategy.known();
        let change = kinesis.change_stream(&view, call, |current, record| {
            current.require_active(now_ms, call)?;
            if record.mode == StreamMode::Provisioned && strategy == DistributionStrategy::Auto {
                return Err(errors::strategy_needs_on_demand());
            }
            if record.strategy != strategy {
                record.strategy = strategy;
                record.begin(StreamStatus::Updating, now_ms, duration_ms);
            }
            Ok(log::Alteration::default())
        });
        change.await?;
        Ok(())
    }
}
