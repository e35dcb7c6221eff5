//! `GetShardIterator`.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Limits;
use crate::iterator::Place;
use crate::position::Start;
use crate::shapes::ShardIteratorType;
use crate::{Kinesis, arn, errors, shapes, shard};

/// Names a place in a shard for GetRecords.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct GetShardIterator {
    stream_name: Option<String>,
    shard_id: Required<String>,
    shard_iterator_type: Required<Lenient<ShardIteratorType>>,
    starting_sequence_number: Option<String>,
    timestamp: Option<Timestamp>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetShardIteratorOutput {
    shard_iterator: String,
}

impl Operation for GetShardIterator {
    const NAME: &'static str = "GetShardIterator";
    type Service = Kinesis;
    type Output = GetShardIteratorOutput;

    // The order is AWS's, not the model's.
    fn constraints(&self, check: &mut Constraints) {
        shapes::shard_id(check, "shardId", &self.shard_id);
        check.member("shardIteratorType", &self.shard_iterator_type).known();
        shapes::sequence_number(check, "startingSequenceNumber", &self.starting_sequence_number);
        shapes::stream_name(check, &self.stream_name);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<GetShardIteratorOutput, ServiceError> {
        let name = arn::address(call, &self.stream_name, &self.stream_arn)?;
        let unparsed = || errors::shard_not_parsed(&self.shard_id, &name, call);
        let index = shard::parse_name(&self.shard_id).ok_or_else(unparsed)?;
        // AWS speaks of the shard even where the stream is missing.
        let missing = || errors::shard_not_found(&shard::name(index), &name, call);
        let view = kinesis.known_view(call, &name).await?.ok_or_else(missing)?;
        let now_ms = kinesis.now_ms();
        if view.require_usable(now_ms, call).is_err() {
            return Err(missing());
        }
        let shard = view.stream.shard(index).ok_or_else(missing)?;
        let kind = self.shard_iterator_type.known();
        let start = Start { kind, number: self.starting_sequence_number.as_deref(), timestamp: self.timestamp };
        let offset = kinesis.begin_at(&view, shard, start, Self::NAME, call).await?;
        if self.dry_run == Some(true) {
            return Err(errors::dry_run(Self::NAME));
        }
        let now = kinesis.host.monotonic();
        let is_limited = kinesis.settings.limits == Limits::Aws;
        if is_limited && !view.live.shard(index).flow().iterators.take(now, 1) {
            return Err(errors::shard_rate_exceeded(index, view.name(), call));
        }
        let (stream, stream_name) = (view.stream.id, name.clone());
        let place = Place { stream, stream_name, shard: index, offset, created_ms: now_ms };
        Ok(GetShardIteratorOutput { shard_iterator: kinesis.iterators.seal(&place) })
    }
}
