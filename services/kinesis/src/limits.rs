//! Every quota and size, with its unit.
//!
//! <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>

/// Open shards per account and region by default: AWS's value until 2025; a setting here.
pub(crate) const SHARDS_DEFAULT: u32 = 500;
/// `MaxRecordSizeInKiB` of new streams.
pub(crate) const RECORD_KIB_DEFAULT: u32 = 1024;
/// The range of `MaxRecordSizeInKiB`.
pub(crate) const RECORD_KIB_RANGE: std::ops::RangeInclusive<i64> = 1024..=10_240;
/// What the wire allows as `Data` of one record, in bytes.
pub(crate) const DATA_BYTES_MAX: usize = 10_485_760;
/// Data and partition keys of one PutRecords call, in bytes.
pub(crate) const PUT_RECORDS_BYTES_MAX: usize = 10_485_760;
/// Records of one PutRecords call.
pub(crate) const PUT_RECORDS_COUNT_MAX: usize = 500;
/// A put's request body: 10 MiB in base64, plus keys and punctuation.
pub(crate) const PUT_BODY_BYTES_MAX: usize = 15 << 20;
/// Characters of a partition key.
pub(crate) const PARTITION_KEY_CHARS_MAX: usize = 256;
/// Records of one GetRecords answer.
pub(crate) const GET_RECORDS_COUNT_MAX: usize = 10_000;
/// Data and partition keys of one GetRecords answer, in bytes.
pub(crate) const GET_RECORDS_BYTES_MAX: usize = 10 << 20;
/// Characters of a shard iterator.
pub(crate) const ITERATOR_CHARS_MAX: usize = 512;
/// A GetRecords answer on the wire: 10 MiB in base64, plus keys, numbers and punctuation.
pub(crate) const GET_RECORDS_ANSWER_BYTES_MAX: usize = 15 << 20;
/// Life of a shard iterator, in milliseconds.
pub(crate) const ITERATOR_MS: u64 = 300_000;
/// Retention of new streams, in hours.
pub(crate) const RETENTION_HOURS_DEFAULT: u64 = 24;
/// The longest retention, in hours.
pub(crate) const RETENTION_HOURS_MAX: u64 = 8_760;
/// What a shard takes in, in bytes (data and partition keys) per second.
pub(crate) const SHARD_BYTES_IN_PER_S: u64 = 1 << 20;
/// What a shard takes in, in records per second.
pub(crate) const SHARD_RECORDS_IN_PER_S: u64 = 1_000;
/// What a shard takes in of large records at once, in bytes.
pub(crate) const SHARD_BURST_BYTES: u64 = 10 << 20;
/// What a shard gives to all who poll, and to each fan-out consumer, in bytes per second.
pub(crate) const SHARD_BYTES_OUT_PER_S: u64 = 2 << 20;
/// GetRecords calls per shard and second.
pub(crate) const SHARD_READS_PER_S: u64 = 5;
/// GetShardIterator calls per shard and second.
pub(crate) const SHARD_ITERATORS_PER_S: u64 = 5;
/// SubscribeToShard calls per consumer, shard and second.
pub(crate) const SUBSCRIBES_PER_S: u64 = 1;
/// How long a subscription is safe from being taken over by another of the same consumer, in milliseconds.
pub(crate) const SUBSCRIPTION_SAFE_MS: u64 = 5_000;
/// How long a subscription lives, in milliseconds.
pub(crate) const SUBSCRIPTION_MS: u64 = 300_000;
/// How long a subscription is silent at the most, in milliseconds.
pub(crate) const HEARTBEAT_MS: u64 = 5_000;
/// Data and partition keys of one pushed event, in bytes; a single larger record still fits.
pub(crate) const EVENT_BYTES_MAX: usize = 2 << 20;
/// Records of one pushed event.
pub(crate) const EVENT_RECORDS_MAX: usize = 10_000;
/// Open shards of one stream, whatever the account's quota: what AWS grants by default, and what keeps memory bounded.
pub(crate) const STREAM_SHARDS_MAX: usize = 10_000;
/// Shards of all accounts and regions together, open and closed, whatever the quotas: what one server bears.
pub(crate) const SERVER_SHARDS_MAX: usize = 100_000;
/// Consumers of a stream where the limits are off.
pub(crate) const CONSUMERS_UNLIMITED_MAX: usize = 1_000;
/// Keys that records of one stream may be sealed under, over its life.
pub(crate) const DATA_KEYS_MAX: usize = 1_000;
/// Streams in state CREATING at once.
pub(crate) const CREATING_STREAMS_MAX: usize = 5;
/// On-demand streams per account and region.
pub(crate) const ON_DEMAND_STREAMS_MAX: usize = 50;
/// Shards of a new on-demand stream: 4 MiB/s.
pub(crate) const ON_DEMAND_SHARDS: u32 = 4;
/// Channels per account and region; AWS's quota, though there are no channels here.
pub(crate) const CHANNELS_MAX: usize = 100;
/// The highest warm throughput, in MiB/s.
pub(crate) const WARM_THROUGHPUT_MIBPS_MAX: i32 = 10_240;
/// Switches between the modes of a stream in 24 hours.
pub(crate) const MODE_SWITCHES_MAX: usize = 2;
/// UpdateShardCount calls per stream in 24 hours.
pub(crate) const SHARD_COUNT_UPDATES_MAX: usize = 10;
/// StartStreamEncryption calls per stream in 24 hours, and as many StopStreamEncryption calls.
pub(crate) const ENCRYPTION_CHANGES_MAX: usize = 25;
/// Consumers of a stream.
pub(crate) const CONSUMERS_MAX: usize = 20;
/// Consumers of a stream of an account with on-demand Advantage.
pub(crate) const CONSUMERS_ADVANTAGE_MAX: usize = 50;
/// Consumers of a stream in state CREATING at once.
pub(crate) const CREATING_CONSUMERS_MAX: usize = 5;
/// Shards of one page of DescribeStream.
pub(crate) const DESCRIBE_SHARDS_MAX: usize = 100;
/// Shards of one page of ListShards.
pub(crate) const LIST_SHARDS_MAX: usize = 1_000;
/// Streams of one page of ListStreams.
pub(crate) const LIST_STREAMS_MAX: usize = 100;
/// Consumers of one page of ListStreamConsumers.
pub(crate) const LIST_CONSUMERS_MAX: usize = 100;
/// Tags of one page of ListTagsForStream.
pub(crate) const LIST_TAGS_MAX: usize = 50;
/// Characters of a resource policy.
pub(crate) const POLICY_CHARS_MAX: usize = 20_480;
