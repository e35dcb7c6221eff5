//! Quotas, rates and page tokens of the control plane, in virtual time.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sequence::SequenceNumber;
use crate::testing::{World, arn, like_aws, simulate, unhurried, unlimited};
use crate::{Limits, Settings};

const DAY_MS: u64 = 24 * 3_600_000;

fn limited() -> Settings {
    Settings::default()
}

#[test]
fn absurd_numbers_of_shards_are_refused_at_the_quota() {
    simulate(limited(), |world| async move {
        let refused = world.refused("CreateStream", json!({"StreamName": "s", "ShardCount": 100_000})).await;
        assert_eq!(
            refused,
            "LimitExceededException: This request would exceed the shard limit for the account 123456789012 in us-east-1. \
             Current shard count for the account: 0. Limit: 500. Number of additional shards that would have resulted from \
             this request: 100000. Refer to the AWS Service Limits page \
             (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request \
             higher limits."
        );
        world.make_stream("s", 499).await;
        world.make_stream("t", 1).await;
        let split = json!({"StreamName": "t", "ShardToSplit": "shardId-0", "NewStartingHashKey": "77"});
        assert!(world.refused("SplitShard", split).await.contains("Current shard count for the account: 500."));
        world.ok("DeleteStream", json!({"StreamName": "s"})).await;
        world.make_stream("u", 1).await;
    });
    simulate(unlimited(), |world| async move {
        let refused = world.refused("CreateStream", json!({"StreamName": "s", "ShardCount": 100_000})).await;
        assert!(refused.starts_with("LimitExceededException: A stream can have 10000 open shards"), "{refused}");
        for stream in 0..10 {
            world.make_stream(&format!("s{stream}"), 10_000).await;
        }
        let refused = world.refused("CreateStream", json!({"StreamName": "t", "ShardCount": 1})).await;
        assert!(refused.starts_with("LimitExceededException: This server keeps 100000 shards"), "{refused}");
        world.ok("DeleteStream", json!({"StreamName": "s0"})).await;
        world.settle().await;
        world.make_stream("t", 1).await;
    });
}

#[test]
fn five_streams_are_created_at_once_and_no_more() {
    simulate(like_aws(), |world| async move {
        for stream in 0..5 {
            world.ok("CreateStream", json!({"StreamName": format!("s{stream}"), "ShardCount": 1})).await;
        }
        world.pass(1_000).await;
        let sixth = json!({"StreamName": "s5", "ShardCount": 1});
        assert!(world.refused("CreateStream", sixth.clone()).await.contains("in state CREATING"));
        world.pass(4_000).await;
        world.ok("CreateStream", sixth).await;
    });
}

#[test]
fn calls_have_a_rate() {
    simulate(limited(), |world| async move {
        let delete = json!({"StreamName": "none"});
        for _ in 0..5 {
            let refused = world.refused("DeleteStream", delete.clone()).await;
            assert!(refused.starts_with("ResourceNotFoundException"), "{refused}");
        }
        let refused = world.refused("DeleteStream", delete.clone()).await;
        assert_eq!(refused, "LimitExceededException: Rate exceeded for account 123456789012.");
        world.pass(200).await;
        assert!(world.refused("DeleteStream", delete).await.starts_with("ResourceNotFoundException"));
        world.ok("DescribeLimits", json!({})).await;
        assert!(world.refused("DescribeLimits", json!({})).await.starts_with("LimitExceededException"));
    });
}

#[test]
fn on_demand_streams_have_a_quota_however_they_come_about() {
    let settings = Settings { shard_limit: 1_000, ..limited() };
    simulate(settings, |world| async move {
        let on_demand = json!({"StreamMode": "ON_DEMAND"});
        for stream in 0..50 {
            let name = format!("s{stream}");
            world.ok("CreateStream", json!({"StreamName": name, "StreamModeDetails": on_demand})).await;
            world.pass(250).await;
        }
        let one_more = json!({"StreamName": "x", "StreamModeDetails": on_demand});
        assert!(world.refused("CreateStream", one_more).await.starts_with("LimitExceededException"));
        world.make_stream("y", 1).await;
        let switch = json!({"StreamARN": arn("y"), "StreamModeDetails": on_demand});
        assert!(world.refused("UpdateStreamMode", switch).await.starts_with("LimitExceededException"));
        let limits = world.ok("DescribeLimits", json!({})).await;
        assert_eq!((&limits["OnDemandStreamCount"], &limits["OpenShardCount"]), (&json!(50), &json!(201)));
    });
}

#[test]
fn rolling_quotas_come_back_after_a_day() {
    simulate(like_aws(), |world| async move {
        world.make_stream("s", 1).await;
        let mode = |mode: &str| json!({"StreamARN": arn("s"), "StreamModeDetails": {"StreamMode": mode}});
        for step in ["ON_DEMAND", "PROVISIONED"] {
            world.ok("UpdateStreamMode", mode(step)).await;
            world.settle().await;
            world.ok("UpdateStreamMode", mode(step)).await; // The same mode is not counted.
        }
        let rate = "LimitExceededException: Rate exceeded for stream s under account 123456789012.";
        assert_eq!(world.refused("UpdateStreamMode", mode("ON_DEMAND")).await, rate);
        for target in [2, 1].repeat(5) {
            world.ok("UpdateShardCount", scale("s", target)).await;
            world.settle().await;
        }
        assert_eq!(world.refused("UpdateShardCount", scale("s", 2)).await, rate);
        world.ok("UpdateShardCount", scale("s", 1)).await; // The same count is not counted.
        for _ in 0..25 {
            for operation in ["StartStreamEncryption", "StopStreamEncryption"] {
                world.ok(operation, encryption("s")).await;
                world.settle().await;
            }
        }
        assert_eq!(world.refused("StartStreamEncryption", encryption("s")).await, rate);
        world.pass(DAY_MS).await;
        world.ok("UpdateStreamMode", mode("ON_DEMAND")).await;
        world.settle().await;
        world.ok("StartStreamEncryption", encryption("s")).await;
    });
}

fn encryption(stream: &str) -> Value {
    json!({"StreamName": stream, "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"})
}

fn scale(stream: &str, target: u32) -> Value {
    json!({"StreamName": stream, "TargetShardCount": target, "ScalingType": "UNIFORM_SCALING"})
}

async fn all_shards(world: &World, stream: &str) -> Vec<Value> {
    let mut request = json!({"StreamName": stream, "MaxResults": 3});
    let mut shards = Vec::new();
    loop {
        let page = world.ok("ListShards", request).await;
        shards.extend(page["Shards"].as_array().expect("a list").clone());
        if page["NextToken"].is_null() {
            return shards;
        }
        request = json!({"NextToken": page["NextToken"], "MaxResults": 3});
    }
}

fn number(value: &Value) -> SequenceNumber {
    SequenceNumber::parse(value.as_str().expect("a number as text")).expect("a sequence number")
}

#[test]
fn families_of_shards_are_such_that_consumers_can_follow_them() {
    simulate(unhurried(), |world| async move {
        world.make_stream("s", 2).await;
        for target in [3, 7, 4, 1, 5] {
            let before = world.ok("UpdateShardCount", scale("s", target)).await;
            assert_eq!(before["TargetShardCount"], json!(target));
            world.settle().await;
        }
        let shards = all_shards(&world, "s").await;
        let by_id: BTreeMap<&str, &Value> =
            shards.iter().map(|shard| (shard["ShardId"].as_str().expect("an id"), shard)).collect();
        let mut open = 0;
        for shard in &shards {
            let range = &shard["SequenceNumberRange"];
            let start = number(&range["StartingSequenceNumber"]);
            for parent in ["ParentShardId", "AdjacentParentShardId"] {
                let Some(id) = shard[parent].as_str() else { continue };
                let end = number(&by_id[id]["SequenceNumberRange"]["EndingSequenceNumber"]);
                assert!(end < start, "{shard} begins before {id} ends");
            }
            open += usize::from(range["EndingSequenceNumber"].is_null());
        }
        assert_eq!(open, 5);
        let at_horizon = json!({"StreamName": "s", "ShardFilter": {"Type": "AT_TRIM_HORIZON"}});
        let oldest = world.ok("ListShards", at_horizon.clone()).await;
        assert_eq!(oldest["Shards"].as_array().map(Vec::len), Some(2));
        // Retention forgets the closed ones, and the open ones still cover everything.
        world.pass(DAY_MS + 60_000).await;
        let oldest = world.ok("ListShards", at_horizon).await;
        assert_eq!(oldest["Shards"].as_array().map(Vec::len), Some(5));
    });
}

#[test]
fn changes_wait_for_one_another() {
    simulate(unlimited(), |world| async move {
        world.make_stream("s", 2).await;
        let split = json!({"StreamName": "s", "ShardToSplit": "shardId-0", "NewStartingHashKey": "100"});
        world.ok("SplitShard", split).await;
        let merge = json!({"StreamName": "s", "ShardToMerge": "shardId-3", "AdjacentShardToMerge": "shardId-1"});
        let mode = json!({"StreamARN": arn("s"), "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
        let changes = [
            ("MergeShards", merge),
            ("UpdateShardCount", scale("s", 3)),
            ("UpdateStreamMode", mode),
            ("StartStreamEncryption", encryption("s")),
            ("EnableEnhancedMonitoring", json!({"StreamName": "s", "ShardLevelMetrics": ["ALL"]})),
            ("IncreaseStreamRetentionPeriod", json!({"StreamName": "s", "RetentionPeriodHours": 48})),
            ("UpdateMaxRecordSize", json!({"StreamARN": arn("s"), "MaxRecordSizeInKiB": 2048})),
            ("RegisterStreamConsumer", json!({"StreamARN": arn("s"), "ConsumerName": "c"})),
        ];
        for (operation, request) in changes {
            assert_eq!(
                world.refused(operation, request.clone()).await,
                "ResourceInUseException: Stream s under account 123456789012 not ACTIVE, instead in state UPDATING",
                "{operation}"
            );
            world.pass(50).await;
            world.ok(operation, request).await;
            if operation == "RegisterStreamConsumer" {
                return; // Consumers do not change the state of the stream.
            }
        }
    });
}

#[test]
fn page_tokens_expire() {
    simulate(unlimited(), |world| async move {
        world.make_stream("s", 5).await;
        world.make_stream("t", 1).await;
        let page = world.ok("ListShards", json!({"StreamName": "s", "MaxResults": 2})).await;
        let next = json!({"NextToken": page["NextToken"]});
        world.pass(300_000).await;
        assert_eq!(world.ok("ListShards", next.clone()).await["Shards"].as_array().map(Vec::len), Some(3));
        world.pass(1).await;
        assert!(world.refused("ListShards", next).await.starts_with("ExpiredNextTokenException"));
        let page = world.ok("ListStreams", json!({"Limit": 1})).await;
        assert_eq!(page["HasMoreStreams"], true);
        let next = world.ok("ListStreams", json!({"NextToken": page["NextToken"]})).await;
        assert_eq!((&next["StreamNames"], &next["HasMoreStreams"]), (&json!(["t"]), &json!(false)));
    });
}

#[test]
fn consumers_have_quotas() {
    simulate(limited(), |world| async move {
        world.make_stream("s", 1).await;
        let register = |name: String| json!({"StreamARN": arn("s"), "ConsumerName": name});
        for consumer in 0..5 {
            world.ok("RegisterStreamConsumer", register(format!("c{consumer:02}"))).await;
        }
        for consumer in 5..20 {
            world.pass(200).await;
            world.ok("RegisterStreamConsumer", register(format!("c{consumer:02}"))).await;
        }
        world.settle().await;
        let refused = world.refused("RegisterStreamConsumer", register("x".to_owned())).await;
        assert!(refused.starts_with("LimitExceededException"), "{refused}");
        let enable = json!({"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}});
        world.ok("UpdateAccountSettings", enable).await;
        world.ok("RegisterStreamConsumer", register("x".to_owned())).await;
        let page = world.ok("ListStreamConsumers", json!({"StreamARN": arn("s"), "MaxResults": 20})).await;
        let next = json!({"StreamARN": arn("s"), "NextToken": page["NextToken"]});
        let rest = world.ok("ListStreamConsumers", next).await;
        assert_eq!(rest["Consumers"][0]["ConsumerName"], "x");
    });
}

#[test]
fn warm_throughput_makes_shards_at_once() {
    simulate(limited(), |world| async move {
        let on_demand = json!({"StreamName": "s", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
        world.ok("CreateStream", on_demand).await;
        world.settle().await;
        let warm = json!({"StreamARN": arn("s"), "WarmThroughputMiBps": 16});
        assert!(world.refused("UpdateStreamWarmThroughput", warm.clone()).await.starts_with("InvalidArgument"));
        let enable = json!({"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}});
        world.ok("UpdateAccountSettings", enable).await;
        let answer = world.ok("UpdateStreamWarmThroughput", warm).await;
        assert_eq!(answer["WarmThroughput"], json!({"TargetMiBps": 16, "CurrentMiBps": 16}));
        world.settle().await;
        let summary = world.ok("DescribeStreamSummary", json!({"StreamName": "s"})).await;
        assert_eq!(summary["StreamDescriptionSummary"]["OpenShardCount"], 16);
        let too_warm = json!({"StreamARN": arn("s"), "WarmThroughputMiBps": 1_000});
        assert!(world.refused("UpdateStreamWarmThroughput", too_warm).await.contains("would exceed the shard limit"));
    });
}

#[test]
fn quotas_can_be_switched_off() {
    assert_eq!(unlimited().limits, Limits::Off);
    simulate(unlimited(), |world| async move {
        for stream in 0..60 {
            let name = format!("s{stream}");
            let request = json!({"StreamName": name, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}});
            world.ok("CreateStream", request).await;
        }
        world.make_stream("big", 900).await;
        world.ok("UpdateShardCount", scale("big", 10)).await;
        world.pass(60).await;
        world.ok("UpdateShardCount", scale("big", 6_000)).await;
        world.pass(60).await;
        world.ok("UpdateShardCount", scale("big", 7_000)).await;
        world.pass(60).await;
        assert!(world.refused("UpdateShardCount", scale("big", 10_001)).await.contains("10000 open shards"));
    });
}
