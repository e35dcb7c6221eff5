//! `DescribeDeliveryStream`.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, Pattern, Required, ServiceError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::shapes::{DeliveryStreamStatus, DeliveryStreamType, DestinationDescription, EncryptionStatus, KeyType};
use crate::stream::{DESTINATION_ID, DeliveryStream, Source};
use crate::{Firehose, shapes};

/// Describes a delivery stream with its one destination.
///
/// <https://docs.aws.amazon.com/firehose/latest/APIReference/API_DescribeDeliveryStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DescribeDeliveryStream {
    delivery_stream_name: Required<String>,
    limit: Option<i32>,
    exclusive_start_destination_id: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DescribeDeliveryStreamOutput {
    delivery_stream_description: Description,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    delivery_stream_name: String,
    #[serde(rename = "DeliveryStreamARN")]
    delivery_stream_arn: String,
    delivery_stream_status: DeliveryStreamStatus,
    delivery_stream_encryption_configuration: BufferEncryption,
    delivery_stream_type: DeliveryStreamType,
    version_id: String,
    create_timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceDescription>,
    destinations: Vec<DestinationDescription>,
    has_more_destinations: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct BufferEncryption {
    #[serde(rename = "KeyARN", skip_serializing_if = "Option::is_none")]
    key_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_type: Option<KeyType>,
    status: EncryptionStatus,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SourceDescription {
    #[serde(skip_serializing_if = "Option::is_none")]
    direct_put_source_description: Option<DirectPutDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinesis_stream_source_description: Option<KinesisDescription>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DirectPutDescription {
    #[serde(rename = "ThroughputHintInMBs")]
    throughput_hint_in_mbs: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct KinesisDescription {
    #[serde(rename = "KinesisStreamARN")]
    kinesis_stream_arn: String,
    #[serde(rename = "RoleARN")]
    role_arn: String,
    delivery_start_timestamp: Timestamp,
}

impl SourceDescription {
    fn of(source: &Source) -> Option<Self> {
        let (direct, kinesis) = match source {
            Source::DirectPut { hint_mib } => {
                (Some(DirectPutDescription { throughput_hint_in_mbs: (*hint_mib)? }), None)
            }
            Source::Kinesis { stream_arn, role_arn, start_ms } => {
                let kinesis = KinesisDescription {
                    kinesis_stream_arn: stream_arn.clone(),
                    role_arn: role_arn.clone(),
                    delivery_start_timestamp: Timestamp::from_ms(*start_ms),
                };
                (None, Some(kinesis))
            }
        };
        Some(Self { direct_put_source_description: direct, kinesis_stream_source_description: kinesis })
    }
}

impl Description {
    fn of(record: &DeliveryStream, now_ms: u64, with_destination: bool) -> Self {
        let destination = with_destination.then(|| record.destination.clone().into());
        let encryption = &record.encryption;
        let is_known = encryption.data_key.is_some() || now_ms < encryption.settled_ms;
        Self {
            delivery_stream_name: record.name.clone(),
            delivery_stream_arn: record.arn(),
            delivery_stream_status: record.status(now_ms),
            delivery_stream_encryption_configuration: BufferEncryption {
                key_arn: encryption.key_arn.clone().filter(|_| is_known),
                key_type: encryption.key_type.filter(|_| is_known),
                status: encryption.status(now_ms),
            },
            delivery_stream_type: record.source.kind(),
            version_id: record.version.to_string(),
            create_timestamp: Timestamp::from_ms(record.created_ms),
            last_update_timestamp: record.updated_ms.map(Timestamp::from_ms),
            source: SourceDescription::of(&record.source),
            destinations: destination.into_iter().collect(),
            has_more_destinations: false,
        }
    }
}

/// `DestinationId` under the given member name.
static DESTINATION: std::sync::LazyLock<Pattern> = std::sync::LazyLock::new(|| Pattern::new("[a-zA-Z0-9-]+"));

impl Operation for DescribeDeliveryStream {
    const NAME: &'static str = "DescribeDeliveryStream";
    type Service = Firehose;
    type Output = DescribeDeliveryStreamOutput;

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name(check, &self.delivery_stream_name);
        check.member("limit", &self.limit).range(1..=10_000);
        let start = &self.exclusive_start_destination_id;
        check.member("exclusiveStartDestinationId", start).pattern(&DESTINATION).length(1..=100);
    }

    async fn run(self, firehose: &Arc<Firehose>, call: &Call) -> Result<DescribeDeliveryStreamOutput, ServiceError> {
        let begun = firehose.host.monotonic();
        firehose.admit(call, Self::NAME)?;
        let view = firehose.view(call, &self.delivery_stream_name).await?;
        let start = self.exclusive_start_destination_id.as_deref();
        let with_destination = start.is_none_or(|start| start < DESTINATION_ID);
        let delivery_stream_description = Description::of(&view.record, firehose.now_ms(), with_destination);
        view.live.ingest.describe_latency.add(firehose.host.monotonic().saturating_sub(begun));
        Ok(DescribeDeliveryStreamOutput { delivery_stream_description })
    }
}
