//! ListShards.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::description::ShardDescription;
use crate::shapes::StreamStatus;
use crate::shard_filter::{ShardFilter, ShardFilterType};
use crate::view::StreamView;
use crate::{Kinesis, errors, limits, shapes, shard, shard_filter};

/// Lists the shards of a stream, a page at a time.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct ListShards {
    stream_name: Option<String>,
    next_token: Option<String>,
    exclusive_start_shard_id: Option<String>,
    max_results: Option<i32>,
    stream_creation_timestamp: Option<Timestamp>,
    shard_filter: Option<ShardFilterIn>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ShardFilterIn {
    r#type: Required<Lenient<ShardFilterType>>,
    shard_id: Option<String>,
    timestamp: Option<Timestamp>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListShardsOutput {
    shards: Vec<ShardDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Where the next page goes on; all that a token carries.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    stream: String,
    id: log::StreamId,
    /// The index of the last shard of the page before.
    after: Option<u32>,
    filter: ShardFilter,
}

impl ListShards {
    /// Where the first page begins.
    async fn first_place(&self, kinesis: &Kinesis, call: &Call) -> Result<(Arc<StreamView>, Place), ServiceError> {
        if self.stream_name.is_none() && self.stream_arn.is_none() {
            return Err(errors::no_stream_or_token());
        }
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        if self.stream_creation_timestamp.is_some_and(|created| created.whole_seconds() != view.created()) {
            return Err(errors::stream_not_found(view.name(), call));
        }
        let index_of =
            |name: &String| shard::parse_name(name).ok_or_else(|| errors::shard_not_parsed(name, view.name(), call));
        let after = self.exclusive_start_shard_id.as_ref().map(index_of).transpose()?;
        let filter = match &self.shard_filter {
            Some(filter) => {
                let shard = filter.shard_id.as_ref().map(index_of).transpose()?;
                shard_filter::parse(filter.r#type.known(), shard, filter.timestamp)?
            }
            None => ShardFilter::FromTrimHorizon,
        };
        let place = Place { stream: view.name().to_owned(), id: view.stream.id, after, filter };
        Ok((view, place))
    }

    /// Where a token says to go on.
    async fn next_place(
        &self,
        kinesis: &Kinesis,
        call: &Call,
        token: &str,
    ) -> Result<(Arc<StreamView>, Place), ServiceError> {
        for (name, is_present) in [
            ("StreamName", self.stream_name.is_some()),
            ("StreamARN", self.stream_arn.is_some()),
            ("ExclusiveStartShardId", self.exclusive_start_shard_id.is_some()),
            ("StreamCreationTimestamp", self.stream_creation_timestamp.is_some()),
            ("ShardFilter", self.shard_filter.is_some()),
        ] {
            if is_present {
                return Err(errors::not_together("NextToken", name));
            }
        }
        let place = kinesis.tokens.open::<Place>(Self::NAME, token, kinesis.now_ms()).map_err(errors::next_token)?;
        let view = kinesis.view(call, &place.stream).await?;
        if view.stream.id != place.id {
            return Err(errors::stream_not_found(&place.stream, call));
        }
        Ok((view, place))
    }
}

impl Operation for ListShards {
    const NAME: &'static str = "ListShards";
    type Service = Kinesis;
    type Output = ListShardsOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        shapes::next_token(check, &self.next_token);
        shapes::shard_id_optional(check, "exclusiveStartShardId", &self.exclusive_start_shard_id);
        check.member("maxResults", &self.max_results).range(1..=10_000);
        if let Some(filter) = &self.shard_filter {
            check.nested("shardFilter", |check| {
                check.member("type", &filter.r#type).known();
                shapes::shard_id_optional(check, "shardId", &filter.shard_id);
            });
        }
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<ListShardsOutput, ServiceError> {
        let (view, mut place) = match &self.next_token {
            Some(token) => self.next_place(kinesis, call, token).await?,
            None => self.first_place(kinesis, call).await?,
        };
        kinesis.admit_stream(call, Self::NAME, view.name())?;
        let now_ms = kinesis.now_ms();
        match view.status(now_ms) {
            StreamStatus::Active | StreamStatus::Updating => {}
            // KCL knows this answer and waits.
            status => return Err(errors::stream_not_active(view.name(), status, call)),
        }
        let count_max = self.max_results.map_or(limits::LIST_SHARDS_MAX, |count| count.unsigned_abs() as usize);
        let chosen = shard_filter::choose(&view.stream, &place.filter, now_ms);
        let mut rest = chosen.into_iter().filter(|shard| place.after.is_none_or(|after| shard.id.index > after));
        let page: Vec<_> = rest.by_ref().take(count_max.min(limits::LIST_SHARDS_MAX)).collect();
        let has_more = rest.next().is_some();
        drop(rest);
        let shards = page.iter().map(|shard| view.describe_shard(shard)).collect();
        place.after = page.last().map(|shard| shard.id.index);
        let next_token = has_more.then(|| kinesis.tokens.seal(Self::NAME, place, now_ms));
        Ok(ListShardsOutput { shards, next_token })
    }
}
