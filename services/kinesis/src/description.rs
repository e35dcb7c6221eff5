//! How answers describe streams and shards.

use std::collections::BTreeSet;

use aws::Timestamp;
use log::Shard;
use serde::Serialize;

use crate::sequence::SequenceNumber;
use crate::shapes::{EncryptionType, HashKeyRange, MetricsName, SequenceNumberRange, StreamModeDetails};
use crate::shard;
use crate::view::StreamView;

/// A shard, in answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ShardDescription {
    pub(crate) shard_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_shard_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adjacent_parent_shard_id: Option<String>,
    hash_key_range: HashKeyRange,
    sequence_number_range: SequenceNumberRange,
}

/// The shard-level metrics that are on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EnhancedMetrics {
    shard_level_metrics: BTreeSet<MetricsName>,
}

/// What an on-demand stream was asked to be ready for, and what it is ready for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WarmThroughput {
    #[serde(rename = "TargetMiBps")]
    target_mibps: u32,
    #[serde(rename = "CurrentMiBps")]
    current_mibps: u32,
}

impl StreamView {
    /// A shard of this stream.
    pub(crate) fn describe_shard(&self, shard: &Shard) -> ShardDescription {
        let (created_s, index) = (self.shard_created_s(shard), shard.id.index);
        let mut parents = shard.parents.iter().map(|parent| shard::name(*parent));
        ShardDescription {
            shard_id: shard::name(index),
            parent_shard_id: parents.next(),
            adjacent_parent_shard_id: parents.next(),
            hash_key_range: shard.range.into(),
            sequence_number_range: SequenceNumberRange {
                starting_sequence_number: SequenceNumber::start(created_s, index),
                ending_sequence_number: shard
                    .sealed
                    .map(|sealed| SequenceNumber::end(created_s, index, sealed.at_ms / 1000)),
            },
        }
    }

    /// The creation time as AWS stamps it: whole seconds.
    pub(crate) fn created(&self) -> Timestamp {
        Timestamp::from_ms(self.stream.created_ms).whole_seconds()
    }

    /// The mode, as answers carry it.
    pub(crate) fn mode_details(&self) -> StreamModeDetails {
        StreamModeDetails { stream_mode: self.record.mode }
    }

    /// Retention in whole hours.
    pub(crate) fn retention_hours(&self) -> u64 {
        self.stream.retention_ms / 3_600_000
    }

    /// Enhanced monitoring; always one element.
    pub(crate) fn enhanced_monitoring(&self) -> [EnhancedMetrics; 1] {
        [EnhancedMetrics { shard_level_metrics: self.record.shard_level_metrics.clone() }]
    }

    /// Whether records are encrypted, and with which key.
    pub(crate) fn encryption(&self) -> (EncryptionType, Option<String>) {
        match &self.record.encryption {
            Some(encryption) => (EncryptionType::Kms, Some(encryption.key_id.clone())),
            None => (EncryptionType::None, None),
        }
    }

    /// Warm throughput, where it was asked for. An open shard takes in 1 MiB/s.
    pub(crate) fn warm_throughput(&self) -> Option<WarmThroughput> {
        let target_mibps = self.record.warm_throughput_mibps?;
        let open = u32::try_from(self.stream.open_shards().count()).unwrap_or(u32::MAX);
        Some(WarmThroughput { target_mibps, current_mibps: open.min(target_mibps) })
    }
}
