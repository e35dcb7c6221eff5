//! UpdateStreamWarmThroughput.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::description::WarmThroughput;
use crate::reshard::Plan;
use crate::shapes::{StreamMode, StreamStatus};
use crate::{Kinesis, errors, shapes, throughput};

/// Readies an on-demand stream for a throughput that is still to come, by splitting its shards now.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamWarmThroughput.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateStreamWarmThroughput {
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_name: Option<String>,
    stream_id: Option<String>,
    #[serde(rename = "WarmThroughputMiBps")]
    warm_throughput_mibps: Required<i32>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateStreamWarmThroughputOutput {
    #[serde(rename = "StreamARN")]
    stream_arn: String,
    stream_name: String,
    warm_throughput: Option<WarmThroughput>,
}

impl Operation for UpdateStreamWarmThroughput {
    const NAME: &'static str = "UpdateStreamWarmThroughput";
    type Service = Kinesis;
    type Output = UpdateStreamWarmThroughputOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_name(check, &self.stream_name);
        shapes::stream_id(check, &self.stream_id);
        check.member("warmThroughputMiBps", &self.warm_throughput_mibps).range(0..=i64::MAX);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<UpdateStreamWarmThroughputOutput, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let shards = throughput::require_warm(kinesis, call, *self.warm_throughput_mibps)?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let plan = |current: &crate::view::StreamView, record: &mut crate::stream::StreamRecord| {
            current.require_active(now_ms, call)?;
            if record.mode != StreamMode::OnDemand {
                return Err(errors::warm_throughput_needs_on_demand());
            }
            let mut plan = Plan::of(&current.stream);
            plan.widen_to(shards as usize);
            record.warm_throughput_mibps = Some(shards);
            if *record != current.record {
                record.begin(StreamStatus::Updating, now_ms, duration_ms);
            }
            Ok(plan.into_steps())
        };
        let changed = kinesis.reshape(&view, call, plan).await?;
        Ok(UpdateStreamWarmThroughputOutput {
            stream_arn: changed.arn(call),
            stream_name: changed.name().to_owned(),
            warm_throughput: changed.warm_throughput(),
        })
    }
}
