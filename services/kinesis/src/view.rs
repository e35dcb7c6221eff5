//! A stream as requests see it: one version, parsed, with its routing table.

use std::sync::Arc;

use aws::{Call, ServiceError};
use log::{Shard, ShardId};

use crate::errors;
use crate::live::Live;
use crate::shapes::StreamStatus;
use crate::shard;
use crate::stream::StreamRecord;

/// One version of a stream.
#[derive(Debug)]
pub(crate) struct StreamView {
    pub(crate) stream: Arc<log::Stream>,
    pub(crate) record: StreamRecord,
    /// What is measured and counted; shared by all versions.
    pub(crate) live: Arc<Live>,
    /// First hash key and index of the open shards, by hash key.
    routes: Vec<(u128, u32)>,
}

impl StreamView {
    pub(crate) fn parse(stream: Arc<log::Stream>, live: Arc<Live>) -> Result<Self, ServiceError> {
        let record = serde_json::from_slice(&stream.annotation).map_err(ServiceError::internal)?;
        let mut routes: Vec<_> = stream.open_shards().map(|shard| (shard.range.start, shard.id.index)).collect();
        routes.sort_unstable();
        Ok(Self { stream, record, live, routes })
    }

    /// The name without account and region.
    pub(crate) fn name(&self) -> &str {
        self.stream.name.rsplit('/').next().unwrap_or_default()
    }

    /// The stream's ARN.
    pub(crate) fn arn(&self, call: &Call) -> String {
        call.arn("kinesis", &format!("stream/{}", self.name()))
    }

    /// First hash key and index of the open shards, by hash key.
    pub(crate) fn open_shards(&self) -> &[(u128, u32)] {
        &self.routes
    }

    /// The place in [`StreamView::open_shards`] of the shard that owns a hash key.
    pub(crate) fn route_place(&self, hash_key: u128) -> usize {
        self.routes.partition_point(|(start, _)| *start <= hash_key).saturating_sub(1)
    }

    /// The shard a wire name like `shardId-000000000007` means.
    pub(crate) fn shard(&self, name: &str, call: &Call) -> Result<&Shard, ServiceError> {
        let index = shard::parse_name(name).ok_or_else(|| errors::shard_not_parsed(name, self.name(), call))?;
        self.stream.shard(index).ok_or_else(|| errors::shard_not_found(&shard::name(index), self.name(), call))
    }

    /// The shard a wire name means, where shards are split or merged: AWS has other words there.
    pub(crate) fn shard_to_reshape(&self, name: &str, call: &Call) -> Result<&Shard, ServiceError> {
        let index = shard::parse_name(name).ok_or_else(|| errors::shard_not_parsed(name, self.name(), call))?;
        let found = self.stream.shard(index);
        found.ok_or_else(|| errors::shard_not_parsed(&shard::name(index), self.name(), call))
    }

    /// The engine's identity of a shard.
    pub(crate) fn shard_id(&self, index: u32) -> ShardId {
        ShardId { stream: self.stream.id, index }
    }

    /// The second of a shard's creation, as its sequence numbers carry it.
    pub(crate) fn shard_created_s(&self, shard: &Shard) -> u64 {
        let listed = self.record.shard_created_s.get(&shard.id.index).copied();
        listed.unwrap_or(shard.created_ms / 1000)
    }

    /// The same for an index of [`StreamView::open_shards`].
    pub(crate) fn created_s_of(&self, index: u32) -> u64 {
        self.stream.shard(index).map_or(0, |shard| self.shard_created_s(shard))
    }

    /// The latest creation second of all shards and consumers, gone ones included.
    pub(crate) fn newest_created_s(&self) -> u64 {
        let shards = self.stream.shards.iter().map(|shard| self.shard_created_s(shard));
        let consumers = self.record.consumers.iter().map(|consumer| consumer.created_s);
        shards.chain(consumers).max().unwrap_or_default().max(self.record.deregistered_s_max)
    }

    /// The state at an instant.
    pub(crate) fn status(&self, now_ms: u64) -> StreamStatus {
        self.record.status(now_ms)
    }

    /// Refuses with ResourceInUseException unless the stream is ACTIVE.
    pub(crate) fn require_active(&self, now_ms: u64, call: &Call) -> Result<(), ServiceError> {
        match self.status(now_ms) {
            StreamStatus::Active => Ok(()),
            other => Err(errors::stream_not_active(self.name(), other, call)),
        }
    }

    /// Refuses with ResourceNotFoundException while records can be neither written nor read: AWS answers so for
    /// streams that are CREATING or DELETING.
    pub(crate) fn require_usable(&self, now_ms: u64, call: &Call) -> Result<(), ServiceError> {
        match self.status(now_ms) {
            StreamStatus::Active | StreamStatus::Updating => Ok(()),
            _ => Err(errors::stream_not_found(self.name(), call)),
        }
    }
}
