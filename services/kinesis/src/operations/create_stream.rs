//! CreateStream.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{DistributionStrategy, StreamMode, StreamModeDetailsIn, StreamStatus};
use crate::stream::StreamRecord;
use crate::tags::{Bearer, Tags};
use crate::{Kinesis, errors, limits, shapes, shard, stream, tags, tasks, throughput};

/// Creates a stream.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CreateStream {
    stream_name: Required<String>,
    shard_count: Option<i32>,
    stream_mode_details: Option<StreamModeDetailsIn>,
    tags: Option<Tags>,
    #[serde(rename = "WarmThroughputMiBps")]
    warm_throughput_mibps: Option<i32>,
    #[serde(rename = "MaxRecordSizeInKiB")]
    max_record_size_in_kib: Option<i32>,
    record_distribution_strategy: Option<Lenient<DistributionStrategy>>,
}

impl CreateStream {
    /// A number of shards makes a stream provisioned, neither a number nor a mode makes it on-demand.
    fn mode(&self) -> StreamMode {
        match &self.stream_mode_details {
            Some(details) => details.stream_mode.known(),
            None if self.shard_count.is_some() => StreamMode::Provisioned,
            None => StreamMode::OnDemand,
        }
    }

    /// Refuses what contradicts the mode; answers how many shards to begin with.
    fn shards(&self, kinesis: &Kinesis, call: &Call) -> Result<u32, ServiceError> {
        if self.mode() == StreamMode::Provisioned {
            let strategy = self.record_distribution_strategy.as_ref().map(Lenient::known);
            if strategy == Some(DistributionStrategy::Auto) {
                return Err(errors::strategy_needs_on_demand());
            }
            if self.warm_throughput_mibps.is_some() {
                return Err(errors::warm_throughput_needs_on_demand());
            }
            // Present and positive: the constraints saw to it.
            return Ok(self.shard_count.unwrap_or(1).unsigned_abs());
        }
        if self.shard_count.is_some() {
            return Err(errors::shard_count_not_expected());
        }
        let warm =
            self.warm_throughput_mibps.map(|mibps| throughput::require_warm(kinesis, call, mibps)).transpose()?;
        Ok(warm.unwrap_or(0).max(limits::ON_DEMAND_SHARDS))
    }

    fn record(&self, kinesis: &Kinesis) -> StreamRecord {
        let mut record = StreamRecord {
            mode: self.mode(),
            tags: self.tags.clone().unwrap_or_default(),
            warm_throughput_mibps: self.warm_throughput_mibps.map(i32::unsigned_abs),
            record_kib_max: self.max_record_size_in_kib.map_or(limits::RECORD_KIB_DEFAULT, i32::unsigned_abs),
            ..StreamRecord::default()
        };
        record.strategy = self.record_distribution_strategy.as_ref().map_or(record.strategy, Lenient::known);
        record.begin(StreamStatus::Creating, kinesis.now_ms(), kinesis.settings.transition_ms());
        record
    }
}

impl Operation for CreateStream {
    const NAME: &'static str = "CreateStream";
    type Service = Kinesis;
    type Output = ();

    fn constraints(&self, check: &mut Constraints) {
        shapes::stream_name_required(check, &self.stream_name);
        let details = self.stream_mode_details.as_ref();
        let mode = details.and_then(|details| details.stream_mode.get());
        let is_provisioned = mode == Some(&Lenient::Known(StreamMode::Provisioned));
        if self.shard_count.is_none() && is_provisioned {
            // Not in the model any more, but what AWS says of a provisioned stream without a number of shards.
            check.fail("shardCount", "null", "Member must not be null");
        }
        check.member("shardCount", &self.shard_count).range(1..=i64::MAX);
        shapes::stream_mode_details(check, details);
        tags::check_map(&mut check.member("tags", &self.tags));
        throughput::check(check, &self.warm_throughput_mibps);
        check.member("maxRecordSizeInKiB", &self.max_record_size_in_kib).range(limits::RECORD_KIB_RANGE);
        check.member("recordDistributionStrategy", &self.record_distribution_strategy).known();
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<(), ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let (name, bearer) = (&*self.stream_name, Bearer::Stream(&self.stream_name));
        let new_tags = self.tags.clone().unwrap_or_default();
        tags::require_addable(&new_tags, bearer, call)?;
        tags::add(&mut Tags::new(), &new_tags, bearer, call)?;
        let shards = self.shards(kinesis, call)?;
        let key = stream::engine_name(&call.account, &call.region, name);
        let _quota = kinesis.quota_turn.lock().await;
        tasks::settle(kinesis, &key).await?;
        if kinesis.view_by_key(&key).await?.is_some() {
            return Err(errors::stream_exists(name, call));
        }
        // Before anything is made of the number, which may be absurd.
        kinesis.require_shards(call, shards as usize).await?;
        kinesis.require_sane_shards(shards as usize)?;
        kinesis.require_streams(call, self.mode()).await?;
        kinesis.require_room(shards as usize).await?;
        let new = log::NewStream {
            name: key,
            ranges: shard::uniform_ranges(shards),
            retention_ms: limits::RETENTION_HOURS_DEFAULT * 3_600_000,
            annotation: self.record(kinesis).encode(),
        };
        match kinesis.log.create_stream(new).await {
            Ok(_) => Ok(()),
            Err(log::Error::Conflict { .. }) => Err(errors::stream_exists(name, call)),
            Err(error) => Err(errors::engine(error)),
        }
    }
}
