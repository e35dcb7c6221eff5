//! MergeShards.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::reshard::Plan;
use crate::shapes::{StreamMode, StreamStatus};
use crate::{Kinesis, errors, shapes, shard};

/// Replaces two shards with neighbouring hash keys by one.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct MergeShards {
    stream_name: Option<String>,
    shard_to_merge: Required<String>,
    adjacent_shard_to_merge: Required<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for MergeShards {
    const NAME: &'static str = "MergeShards";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        shapes::shard_id(check, "shardToMerge", &self.shard_to_merge);
        shapes::shard_id(check, "adjacentShardToMerge", &self.adjacent_shard_to_merge);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        let plan = |current: &crate::view::StreamView, record: &mut crate::stream::StreamRecord| {
            let first = current.shard_to_reshape(&self.shard_to_merge, call)?.id.index;
            let second = current.shard_to_reshape(&self.adjacent_shard_to_merge, call)?.id.index;
            current.require_active(now_ms, call)?;
            if record.mode == StreamMode::OnDemand {
                return Err(errors::stream_is_on_demand(current.name(), call));
            }
            // Only open shards are in the plan, and the order of the two matters to AWS.
            let mut plan = Plan::of(&current.stream);
            let pair = plan.open().windows(2).position(|pair| pair[0].1 == first && pair[1].1 == second);
            let position = pair.ok_or_else(|| {
                errors::not_mergeable(&shard::name(first), &shard::name(second), current.name(), call)
            })?;
            plan.merge(position);
            record.begin(StreamStatus::Updating, now_ms, duration_ms);
            Ok(plan.into_steps())
        };
        kinesis.reshape(&view, call, plan).await?;
        Ok(())
    }
}
