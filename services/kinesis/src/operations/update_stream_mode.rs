//! UpdateStreamMode.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::Limits;
use crate::reshard::Plan;
use crate::shapes::{DistributionStrategy, StreamMode, StreamModeDetailsIn, StreamStatus};
use crate::{Kinesis, errors, limits, shapes, stream, throughput};

/// Switches a stream between provisioned and on-demand mode; its shards stay.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamMode.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateStreamMode {
    #[serde(rename = "StreamARN")]
    stream_arn: Required<String>,
    stream_id: Option<String>,
    stream_mode_details: Required<StreamModeDetailsIn>,
    #[serde(rename = "WarmThroughputMiBps")]
    warm_throughput_mibps: Option<i32>,
}

impl UpdateStreamMode {
    /// Shards to warm up, if that is asked for and allowed.
    fn warm_shards(&self, kinesis: &Kinesis, call: &Call, mode: StreamMode) -> Result<Option<u32>, ServiceError> {
        match self.warm_throughput_mibps {
            Some(_) if mode == StreamMode::Provisioned => Err(errors::warm_throughput_needs_on_demand()),
            Some(mibps) => throughput::require_warm(kinesis, call, mibps).map(Some),
            None => Ok(None),
        }
    }
}

impl Operation for UpdateStreamMode {
    const NAME: &'static str = "UpdateStreamMode";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_arn_required(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
        check.member("streamModeDetails", &self.stream_mode_details);
        shapes::stream_mode_details(check, self.stream_mode_details.get());
        throughput::check(check, &self.warm_throughput_mibps);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        let view = kinesis.find_stream(call, &None, &Some((*self.stream_arn).clone())).await?;
        let mode = self.stream_mode_details.stream_mode.known();
        let warm = self.warm_shards(kinesis, call, mode)?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let is_limited = kinesis.settings.limits == Limits::Aws;
        let plan = |current: &crate::view::StreamView, record: &mut crate::stream::StreamRecord| {
            current.require_active(now_ms, call)?;
            if record.mode != mode {
                let used = &mut record.used.mode_switches;
                if is_limited && !stream::use_quota(used, limits::MODE_SWITCHES_MAX, now_ms) {
                    return Err(errors::stream_rate_exceeded(current.name(), call));
                }
                record.mode = mode;
                if mode == StreamMode::Provisioned {
                    // What only on-demand streams have.
                    record.strategy = DistributionStrategy::UserPartitionKey;
                    (record.warm_throughput_mibps, record.peak_write_bps) = (None, 0);
                }
            }
            let mut plan = Plan::of(&current.stream);
            if let Some(shards) = warm {
                record.warm_throughput_mibps = Some(shards);
                plan.widen_to(shards as usize);
            }
            if *record != current.record {
                record.begin(StreamStatus::Updating, now_ms, duration_ms);
            }
            Ok(plan.into_steps())
        };
        kinesis.reshape(&view, call, plan).await?;
        Ok(())
    }
}
