//! DescribeStreamSummary.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::description::{EnhancedMetrics, WarmThroughput};
use crate::shapes::{DistributionStrategy, EncryptionType, StreamMode, StreamModeDetails, StreamStatus};
use crate::{Kinesis, shapes};

/// Describes a stream without its shards.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeStreamSummary {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    stream_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeStreamSummaryOutput {
    stream_description_summary: Summary,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    stream_name: String,
    #[serde(rename = "StreamARN")]
    stream_arn: String,
    stream_status: StreamStatus,
    stream_mode_details: StreamModeDetails,
    retention_period_hours: u64,
    stream_creation_timestamp: Timestamp,
    enhanced_monitoring: [EnhancedMetrics; 1],
    encryption_type: EncryptionType,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    /// AWS leaves it out while the stream is CREATING or DELETING, though its model requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_shard_count: Option<usize>,
    consumer_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    warm_throughput: Option<WarmThroughput>,
    #[serde(rename = "MaxRecordSizeInKiB")]
    max_record_size_in_kib: u32,
    channel_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_distribution_strategy: Option<DistributionStrategy>,
}

impl Operation for DescribeStreamSummary {
    const NAME: &'static str = "DescribeStreamSummary";
    type Service = Kinesis;
    type Output = DescribeStreamSummaryOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.stream_name);
        shapes::stream_arn(check, &self.stream_arn);
        shapes::stream_id(check, &self.stream_id);
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<DescribeStreamSummaryOutput, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let view = kinesis.find_stream(call, &self.stream_name, &self.stream_arn).await?;
        let now_ms = kinesis.now_ms();
        let (stream_status, record) = (view.status(now_ms), &view.record);
        let has_shards = matches!(stream_status, StreamStatus::Active | StreamStatus::Updating);
        let (encryption_type, key_id) = view.encryption();
        let stream_description_summary = Summary {
            stream_name: view.name().to_owned(),
            stream_arn: view.arn(call),
            stream_status,
            stream_mode_details: view.mode_details(),
            retention_period_hours: view.retention_hours(),
            stream_creation_timestamp: view.created(),
            enhanced_monitoring: view.enhanced_monitoring(),
            encryption_type,
            key_id,
            open_shard_count: has_shards.then(|| view.stream.open_shards().count()),
            consumer_count: record.consumers_at(now_ms).count(),
            warm_throughput: view.warm_throughput(),
            max_record_size_in_kib: record.record_kib_max,
            channel_count: 0,
            record_distribution_strategy: (record.mode == StreamMode::OnDemand).then_some(record.strategy),
        };
        Ok(DescribeStreamSummaryOutput { stream_description_summary })
    }
}
