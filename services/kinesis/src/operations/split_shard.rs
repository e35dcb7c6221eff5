//! SplitShard.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::reshard::Plan;
use crate::shapes::{StreamMode, StreamStatus};
use crate::{Kinesis, errors, shapes, shard};

/// Replaces a shard by two, at a hash key of the caller's choice.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct SplitShard {
    stream_name: Option<String>,
    shard_to_split: Required<String>,
    new_starting_hash_key: Required<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

impl Operation for SplitShard {
    const NAME: &'static str = "SplitShard";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        shapes::shard_id(check, "shardToSplit", &self.shard_to_split);
        shapes::hash_key_required(check, "newStartingHashKey", &self.new_starting_hash_key);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let (now_ms, duration_ms) = (kinesis.now_ms(), kinesis.settings.transition_ms());
        // Thirty-nine digits may exceed 128 bits; such a key lies outside every shard.
        let key: Option<u128> = self.new_starting_hash_key.parse().ok();
        let plan = |current: &crate::view::StreamView, record: &mut crate::stream::StreamRecord| {
            let parent = current.shard_to_reshape(&self.shard_to_split, call)?;
            current.require_active(now_ms, call)?;
            if record.mode == StreamMode::OnDemand {
                return Err(errors::stream_is_on_demand(current.name(), call));
            }
            let (name, range) = (shard::name(parent.id.index), parent.range);
            if parent.sealed.is_some() {
                return Err(errors::shard_is_closed(&name, current.name(), call));
            }
            let key = key.ok_or_else(|| errors::split_key_too_large(&self.new_starting_hash_key))?;
            if key <= range.start.saturating_add(1) || key >= range.end {
                return Err(errors::split_key(key, &name, current.name(), range, call));
            }
            let mut plan = Plan::of(&current.stream);
            let position = plan.open().iter().position(|(_, index)| *index == parent.id.index);
            plan.split(position.expect("an open shard is in the plan"), key);
            record.begin(StreamStatus::Updating, now_ms, duration_ms);
            Ok(plan.into_steps())
        };
        kinesis.reshape(&view, call, plan).await?;
        Ok(())
    }
}
