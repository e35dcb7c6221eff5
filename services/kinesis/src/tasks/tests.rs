//! What happens without a request, in virtual time.

use bytes::Bytes;
use log::{Append, Condition, NewRecord};
use serde_json::{Value, json};

use crate::testing::{World, arn, like_aws, simulate, unhurried, unlimited};

async fn status(world: &World, stream: &str) -> String {
    match world.call("DescribeStreamSummary", json!({"StreamName": stream})).await {
        Ok(answer) => {
            answer["StreamDescriptionSummary"]["StreamStatus"].as_str().expect("a stream has a status").to_owned()
        }
        Err(error) => error.split(':').next().unwrap_or_default().to_owned(),
    }
}

async fn stored_streams(world: &World) -> usize {
    world.kinesis.log.list_streams("", None, 10).await.expect("memory does not fail").len()
}

#[test]
fn a_stream_comes_and_really_goes() {
    simulate(like_aws(), |world| async move {
        world.ok("CreateStream", json!({"StreamName": "s", "ShardCount": 2})).await;
        assert_eq!(status(&world, "s").await, "CREATING");
        let described = world.ok("DescribeStream", json!({"StreamName": "s"})).await;
        assert_eq!(described["StreamDescription"]["Shards"], json!([]));
        world.pass(5_000).await;
        assert_eq!(status(&world, "s").await, "ACTIVE");
        world.ok("DeleteStream", json!({"StreamName": "s"})).await;
        assert_eq!(status(&world, "s").await, "DELETING");
        assert!(world.refused("CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await.contains("exists"));
        assert_eq!(stored_streams(&world).await, 1);
        world.pass(5_001).await;
        assert_eq!(status(&world, "s").await, "ResourceNotFoundException");
        assert_eq!(stored_streams(&world).await, 0);
        world.ok("CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
    });
}

#[test]
fn a_stream_that_is_created_again_repeats_no_sequence_number() {
    simulate(unlimited(), |world| async move {
        let mut starts = Vec::new();
        for _ in 0..3 {
            world.ok("CreateStream", json!({"StreamName": "s", "ShardCount": 1})).await;
            world.pass(60).await;
            let scale = json!({"StreamName": "s", "TargetShardCount": 3, "ScalingType": "UNIFORM_SCALING"});
            world.ok("UpdateShardCount", scale).await;
            let described = world.ok("DescribeStream", json!({"StreamName": "s"})).await;
            for shard in described["StreamDescription"]["Shards"].as_array().expect("a list") {
                let start = shard["SequenceNumberRange"]["StartingSequenceNumber"].as_str().map(str::to_owned);
                starts.push(start.expect("a number"));
            }
            world.ok("DeleteStream", json!({"StreamName": "s"})).await;
            while status(&world, "s").await == "DELETING" {
                world.pass(50).await;
            }
        }
        let numbers: Vec<_> = starts.iter().map(|text| crate::sequence::SequenceNumber::parse(text)).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{starts:?}");
    });
}

#[test]
fn a_deletion_survives_a_restart() {
    simulate(like_aws(), |world| async move {
        world.make_stream("s", 1).await;
        world.ok("DeleteStream", json!({"StreamName": "s"})).await;
        let world = world.restart().await;
        assert_eq!(status(&world, "s").await, "DELETING");
        world.pass(5_001).await;
        assert_eq!(stored_streams(&world).await, 0);
    });
}

#[test]
fn a_consumer_comes_and_goes_and_comes_back_as_another() {
    simulate(unlimited(), |world| async move {
        world.make_stream("s", 1).await;
        let request = json!({"StreamARN": arn("s"), "ConsumerName": "c"});
        let first = world.ok("RegisterStreamConsumer", request.clone()).await;
        assert_eq!(first["Consumer"]["ConsumerStatus"], "CREATING");
        world.pass(60).await;
        let described = world.ok("DescribeStreamConsumer", request.clone()).await;
        assert_eq!(described["ConsumerDescription"]["ConsumerStatus"], "ACTIVE");
        world.ok("DeregisterStreamConsumer", request.clone()).await;
        let described = world.ok("DescribeStreamConsumer", request.clone()).await;
        assert_eq!(described["ConsumerDescription"]["ConsumerStatus"], "DELETING");
        let world = world.restart().await;
        world.pass(60).await;
        assert!(world.refused("DescribeStreamConsumer", request.clone()).await.contains("not found"));
        let stored = world.kinesis.view(&crate::testing::caller(), "s").await.expect("the stream is there");
        assert_eq!(stored.record.consumers, []);
        // All this happened within one second, and still the ARN is another one.
        let second = world.ok("RegisterStreamConsumer", request).await;
        assert_ne!(first["Consumer"]["ConsumerARN"], second["Consumer"]["ConsumerARN"]);
    });
}

async fn open_shards(world: &World, stream: &str) -> Vec<Value> {
    let request = json!({"StreamName": stream, "ShardFilter": {"Type": "AT_LATEST"}});
    world.ok("ListShards", request).await["Shards"].as_array().expect("a list").clone()
}

/// Appends a record of so many bytes to every shard, ten times a second.
async fn write(world: &World, stream: &str, seconds: u64, bytes: usize) {
    for _ in 0..seconds * 10 {
        let view = world.kinesis.view(&crate::testing::caller(), stream).await.expect("the stream is there");
        let record = || NewRecord { value: Bytes::from(vec![0; bytes]), ..NewRecord::default() };
        let append =
            |shard: &log::Shard| Append { shard: shard.id, records: vec![record()], condition: Condition::None };
        let appends = view.stream.open_shards().take(1).map(append).collect();
        for appended in world.kinesis.log.append(appends).await.expect("memory does not fail") {
            appended.expect("the shard is open");
        }
        world.pass(100).await;
    }
}

#[test]
fn an_on_demand_stream_splits_what_is_hot_and_in_the_end_merges_what_is_cold() {
    simulate(unlimited(), |world| async move {
        let on_demand = json!({"StreamName": "s", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
        world.ok("CreateStream", on_demand).await;
        world.make_stream("fixed", 1).await;
        assert_eq!(open_shards(&world, "s").await.len(), 4);
        write(&world, "s", 10, 20_000).await;
        assert_eq!(open_shards(&world, "s").await.len(), 4, "200 KB/s is not hot");
        write(&world, "s", 5, 60_000).await;
        let shards = open_shards(&world, "s").await;
        assert_eq!(shards.len(), 5, "the hot one is split once");
        assert_eq!(shards[3]["ParentShardId"], "shardId-000000000000");
        assert_eq!(open_shards(&world, "fixed").await.len(), 1);
        // The peak counts for a quarter of an hour at the short pace, the calm lasts five minutes.
        world.pass(30 * 60_000).await;
        assert_eq!(open_shards(&world, "s").await.len(), 4, "not below where on-demand streams begin");
        write(&world, "fixed", 10, 60_000).await;
        assert_eq!(open_shards(&world, "fixed").await.len(), 1, "provisioned streams stay");
    });
}

#[test]
fn reset_leaves_nothing() {
    simulate(unlimited(), |world| async move {
        for stream in ["a", "b"] {
            world.make_stream(stream, 2).await;
        }
        let enable = json!({"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}});
        world.ok("UpdateAccountSettings", enable).await;
        world.kinesis.reset().await.expect("memory does not fail");
        assert_eq!(world.ok("ListStreams", json!({})).await["StreamNames"], json!([]));
        let settings = world.ok("DescribeAccountSettings", json!({})).await;
        assert_eq!(settings, json!({"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}}));
        world.make_stream("a", 1).await;
    });
}

async fn readable_records(world: &World, stream: &str) -> usize {
    let request = json!({"StreamName": stream, "ShardId": "shardId-0", "ShardIteratorType": "TRIM_HORIZON"});
    let at = world.ok("GetShardIterator", request).await;
    let records = world.ok("GetRecords", json!({"ShardIterator": at["ShardIterator"]})).await;
    records["Records"].as_array().expect("a list").len()
}

#[test]
fn shorter_retention_trims_at_once_and_longer_brings_nothing_back() {
    const HOUR_MS: u64 = 3_600_000;
    simulate(unhurried(), |world| async move {
        world.make_stream("s", 1).await;
        world.ok("IncreaseStreamRetentionPeriod", json!({"StreamName": "s", "RetentionPeriodHours": 72})).await;
        world.settle().await;
        let put = json!({"StreamName": "s", "PartitionKey": "a", "Data": "aGk="});
        world.ok("PutRecord", put.clone()).await;
        world.pass(30 * HOUR_MS).await;
        world.ok("PutRecord", put).await;
        assert_eq!(readable_records(&world, "s").await, 2);
        world.ok("DecreaseStreamRetentionPeriod", json!({"StreamName": "s", "RetentionPeriodHours": 24})).await;
        assert_eq!(readable_records(&world, "s").await, 1);
        world.settle().await;
        world.ok("IncreaseStreamRetentionPeriod", json!({"StreamName": "s", "RetentionPeriodHours": 72})).await;
        assert_eq!(readable_records(&world, "s").await, 1);
    });
}
