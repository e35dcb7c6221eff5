//! DescribeStream.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::description::{EnhancedMetrics, ShardDescription};
use crate::shapes::{EncryptionType, StreamModeDetails, StreamStatus};
use crate::shard_filter::ShardFilter;
use crate::view::StreamView;
use crate::{Kinesis, errors, limits, shapes, shard, shard_filter};

/// Describes a stream with its shards, a page at a time.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeStream {
    stream_name: Option<String>,
    limit: Option<i32>,
    exclusive_start_shard_id: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStreamOutput {
    stream_description: StreamDescription,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct StreamDescription {
    stream_name: String,
    #[serde(rename = "StreamARN")]
    stream_arn: String,
    stream_status: StreamStatus,
    stream_mode_details: StreamModeDetails,
    shards: Vec<ShardDescription>,
    has_more_shards: bool,
    retention_period_hours: u64,
    stream_creation_timestamp: Timestamp,
    enhanced_monitoring: [EnhancedMetrics; 1],
    encryption_type: EncryptionType,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
}

impl DescribeStream {
    /// The shards of the page, and whether more follow. A stream that is not there yet, or not any more, has none.
    fn page(&self, view: &StreamView, now_ms: u64, call: &Call) -> Result<(Vec<ShardDescription>, bool), ServiceError> {
        if matches!(view.status(now_ms), StreamStatus::Creating | StreamStatus::Deleting) {
            return Ok((Vec::new(), false));
        }
        let after = match &self.exclusive_start_shard_id {
            Some(name) => {
                let index = shard::parse_name(name);
                Some(index.ok_or_else(|| errors::shard_not_parsed(name, view.name(), call))?)
            }
            None => None,
        };
        let count_max = self.limit.map_or(limits::DESCRIBE_SHARDS_MAX, |limit| limit.unsigned_abs() as usize);
        let count_max = count_max.min(limits::DESCRIBE_SHARDS_MAX);
        let mut rest = shard_filter::choose(&view.stream, &ShardFilter::FromTrimHorizon, now_ms)
            .into_iter()
            .filter(|shard| after.is_none_or(|after| shard.id.index > after));
        let page = rest.by_ref().take(count_max).map(|shard| view.describe_shard(shard)).collect();
        Ok((page, rest.next().is_some()))
    }
}

impl Operation for DescribeStream {
    const NAME: &'static str = "DescribeStream";
    type Service = Kinesis;
    type Output = DescribeStreamOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        check.member("limit", &self.limit).range(1..=10_000);
        shapes::shard_id_optional(check, "exclusiveStartShardId", &self.exclusive_start_shard_id);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<DescribeStreamOutput, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let now_ms = kinesis.now_ms();
        let (shards, has_more_shards) = self.page(&view, now_ms, call)?;
        let (encryption_type, key_id) = view.encryption();
        let stream_description = StreamDescription {
            stream_name: view.name().to_owned(),
            stream_arn: view.arn(call),
            stream_status: view.status(now_ms),
            stream_mode_details: view.mode_details(),
            shards,
            has_more_shards,
            retention_period_hours: view.retention_hours(),
            stream_creation_timestamp: view.created(),
            enhanced_monitoring: view.enhanced_monitoring(),
            encryption_type,
            key_id,
        };
        Ok(DescribeStreamOutput { stream_description })
    }
}
