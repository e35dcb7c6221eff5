//! The table. A new operation adds its `mod` and its `with`.

mod add_tags_to_stream;
mod create_stream;
mod decrease_stream_retention_period;
mod delete_resource_policy;
mod delete_stream;
mod deregister_stream_consumer;
mod describe_account_settings;
mod describe_limits;
mod describe_stream;
mod describe_stream_consumer;
mod describe_stream_summary;
mod disable_enhanced_monitoring;
mod enable_enhanced_monitoring;
mod get_records;
mod get_resource_policy;
mod get_shard_iterator;
mod increase_stream_retention_period;
mod list_shards;
mod list_stream_consumers;
mod list_streams;
mod list_tags_for_resource;
mod list_tags_for_stream;
mod merge_shards;
mod put_record;
mod put_records;
mod put_resource_policy;
mod register_stream_consumer;
mod remove_tags_from_stream;
mod split_shard;
mod start_stream_encryption;
mod stop_stream_encryption;
mod subscribe_to_shard;
mod tag_resource;
mod untag_resource;
mod update_account_settings;
mod update_max_record_size;
mod update_shard_count;
mod update_stream_mode;
mod update_stream_record_distribution_strategy;
mod update_stream_warm_throughput;

use aws::Operations;

use crate::Kinesis;

pub(crate) fn table() -> Operations<Kinesis> {
    Operations::new()
        .with_stream::<subscribe_to_shard::SubscribeToShard>()
        .with::<put_records::PutRecords>()
        .with::<put_record::PutRecord>()
        .with::<get_shard_iterator::GetShardIterator>()
        .with::<get_records::GetRecords>()
        .with::<add_tags_to_stream::AddTagsToStream>()
        .with::<create_stream::CreateStream>()
        .with::<decrease_stream_retention_period::DecreaseStreamRetentionPeriod>()
        .with::<delete_resource_policy::DeleteResourcePolicy>()
        .with::<delete_stream::DeleteStream>()
        .with::<deregister_stream_consumer::DeregisterStreamConsumer>()
        .with::<describe_account_settings::DescribeAccountSettings>()
        .with::<describe_limits::DescribeLimits>()
        .with::<describe_stream::DescribeStream>()
        .with::<describe_stream_consumer::DescribeStreamConsumer>()
        .with::<describe_stream_summary::DescribeStreamSummary>()
        .with::<disable_enhanced_monitoring::DisableEnhancedMonitoring>()
        .with::<enable_enhanced_monitoring::EnableEnhancedMonitoring>()
        .with::<get_resource_policy::GetResourcePolicy>()
        .with::<increase_stream_retention_period::IncreaseStreamRetentionPeriod>()
        .with::<list_shards::ListShards>()
        .with::<list_stream_consumers::ListStreamConsumers>()
        .with::<list_streams::ListStreams>()
        .with::<list_tags_for_resource::ListTagsForResource>()
        .with::<list_tags_for_stream::ListTagsForStream>()
        .with::<merge_shards::MergeShards>()
        .with::<put_resource_policy::PutResourcePolicy>()
        .with::<register_stream_consumer::RegisterStreamConsumer>()
        .with::<remove_tags_from_stream::RemoveTagsFromStream>()
        .with::<split_shard::SplitShard>()
        .with::<start_stream_encryption::StartStreamEncryption>()
        .with::<stop_stream_encryption::StopStreamEncryption>()
        .with::<tag_resource::TagResource>()
        .with::<untag_resource::UntagResource>()
        .with::<update_account_settings::UpdateAccountSettings>()
        .with::<update_max_record_size::UpdateMaxRecordSize>()
        .with::<update_shard_count::UpdateShardCount>()
        .with::<update_stream_mode::UpdateStreamMode>()
        .with::<update_stream_record_distribution_strategy::UpdateStreamRecordDistributionStrategy>()
        .with::<update_stream_warm_throughput::UpdateStreamWarmThroughput>()
}

/// Operations of AWS's model that come later.
pub(crate) const NOT_IMPLEMENTED: &[&str] = &[
    "AcknowledgeDeadLetterQueueRecords",
    "AcknowledgeQueueRecords",
    "CreateChannel",
    "CreateQueue",
    "DeleteChannel",
    "DeleteQueue",
    "DescribeChannel",
    "DescribeQueue",
    "ListChannels",
    "ListQueues",
    "ReceiveDeadLetterQueueRecords",
    "ReceiveQueueRecords",
    "RestoreDeadLetterQueueRecords",
    "UpdateChannel",
    "UpdateDeadLetterQueueRecordsVisibility",
    "UpdateQueue",
    "UpdateQueueRecordsVisibility",
];

#[cfg(test)]
mod tests;
