//! UpdateShardCount.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError, wire_enum};
use serde::{Deserialize, Serialize};

use crate::Limits;
use crate::reshard::Plan;
use crate::shapes::{StreamMode, StreamStatus};
use crate::{Kinesis, errors, limits, shapes, stream};

wire_enum! {
    /// How the shards shall be spread.
    pub(crate) enum ScalingType {
        UniformScaling = "UNIFORM_SCALING",
    }
}

/// Splits and merges shards until there are as many as asked for, all equal.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html>
///
/// Differs from AWS: all splits and merges happen at once, so that intermediate shards are never seen open; they
/// count to the shard quota all the same.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateShardCount {
    stream_name: Option<String>,
    target_shard_count: Required<i32>,
    scaling_type: Required<Lenient<ScalingType>>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateShardCountOutput {
    stream_name: String,
    current_shard_count: usize,
    target_shard_count: usize,
    #[serde(rename = "StreamARN")]
    stream_arn: String,
}

impl Operation for UpdateShardCount {
    const NAME: &'static str = "UpdateShardCount";
    type Service = Kinesis;
    type Output = UpdateShardCountOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        check.member("targetShardCount", &self.target_shard_count).range(1..=i64::MAX);
        check.member("scalingType", &self.scaling_type).known();
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<UpdateShardCountOutput, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let target = self.target_shard_count.unsigned_abs() as usize;
        let is_limited = kinesis.settings.limits == Limits::Aws;
        let mut before = 0;
        let plan = |current: &crate::view::StreamView, record: &mut crate::stream::StreamRecord| {
            current.require_active(now_ms, call)?;
            if record.mode == StreamMode::OnDemand {
                return Err(errors::stream_is_on_demand(current.name(), call));
            }
            let open = current.stream.open_shards().count();
            before = open;
            if open == target {
                return Ok(Vec::new());
            }
            if is_limited && target > open * 2 {
                return Err(errors::scaled_up_too_far(open, target));
            }
            if is_limited && target * 2 < open {
                return Err(errors::scaled_down_too_far(open, target));
            }
            // Before anything is made of the number, which may be absurd.
            kinesis.require_sane_shards(target)?;
            let used = &mut record.used.shard_count_updates;
            if is_limited && !stream::use_quota(used, limits::SHARD_COUNT_UPDATES_MAX, now_ms) {
                return Err(errors::stream_rate_exceeded(current.name(), call));
            }
            let mut plan = Plan::of(&current.stream);
            plan.make_uniform(self.target_shard_count.unsigned_abs());
            record.begin(StreamStatus::Updating, now_ms, duration_ms);
            Ok(plan.into_steps())
        };
        let view = kinesis.reshape(&view, call, plan).await?;
        Ok(UpdateShardCountOutput {
            stream_name: view.name().to_owned(),
            current_shard_count: before,
            target_shard_count: target,
            stream_arn: view.arn(call),
        })
    }
}
