//! What stands in the files, and that they do not grow for ever.

use serde_json::{Value, json};

use super::*;
use crate::testing::{World, s3, simulate, unlimited};

const GROUP: &str = "/aws/kinesisfirehose/lost";

fn lines(world: &World, name: &str) -> Vec<Value> {
    let path = format!("/data/logs/123456789012/us-east-1/%2Faws%2Fkinesisfirehose%2Flost/{name}");
    let Ok(bytes) = world.host.files().read(path.as_ref()) else { return Vec::new() };
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_bucket_that_is_gone_is_told_where_logging_is_enabled() {
    simulate(unlimited(), |world| async move {
        for (name, enabled) in [("loud", true), ("quiet", false)] {
            let mut settings = s3();
            settings["BucketARN"] = json!("arn:aws:s3:::gone");
            settings["BufferingHints"] = json!({"SizeInMBs": 1, "IntervalInSeconds": 0});
            settings["CloudWatchLoggingOptions"] =
                json!({"Enabled": enabled, "LogGroupName": GROUP, "LogStreamName": name});
            world.make_stream_with(name, json!({"ExtendedS3DestinationConfiguration": settings})).await;
            let put = json!({"DeliveryStreamName": name, "Record": {"Data": "aGk="}});
            world.ok("PutRecord", put).await;
        }
        world.pass(10_000).await;
        let told = lines(&world, "loud.jsonl");
        assert!(told.len() >= 2, "it is told with every attempt: {told:?}");
        assert_eq!(told[0]["errorCode"], "S3.NoSuchBucket");
        assert_eq!(told[0]["destination"], "arn:aws:s3:::gone");
        assert_eq!(told[0]["deliveryStreamVersionId"], "1");
        assert_eq!(told[0]["deliveryStreamARN"], "arn:aws:firehose:us-east-1:123456789012:deliverystream/loud");
        assert!(told[0]["message"].is_string() && told[0]["timestamp"].is_u64(), "{:?}", told[0]);
        assert!(lines(&world, "quiet.jsonl").is_empty());
    });
}

#[test]
fn records_that_fail_are_told_once_for_each_code() {
    simulate(unlimited(), |world| async move {
        let query = json!({"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{k: .k}"});
        let engine = json!({"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"});
        let mut settings = s3();
        settings["BufferingHints"] = json!({"SizeInMBs": 64, "IntervalInSeconds": 0});
        settings["Prefix"] = json!("!{partitionKeyFromQuery:k}/");
        settings["ErrorOutputPrefix"] = json!("failed/");
        settings["DynamicPartitioningConfiguration"] = json!({"Enabled": true});
        settings["ProcessingConfiguration"] = json!({"Enabled": true, "Processors": [
            {"Type": "MetadataExtraction", "Parameters": [query, engine]},
        ]});
        settings["CloudWatchLoggingOptions"] =
            json!({"Enabled": true, "LogGroupName": GROUP, "LogStreamName": "parts"});
        world.make_stream_with("parts", json!({"ExtendedS3DestinationConfiguration": settings})).await;
        let records = json!([{"Data": "bm8="}, {"Data": "bm9uZQ=="}]);
        world.ok("PutRecordBatch", json!({"DeliveryStreamName": "parts", "Records": records})).await;
        world.pass(5_000).await;
        let told = lines(&world, "parts.jsonl");
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0]["errorCode"], "DynamicPartitioning.MetadataExtractionFailed");
        assert_eq!(told[0]["message"], "Non JSON record provided");
    });
}

#[test]
fn passwords_are_not_told() {
    for (address, told) in [
        ("https://user:secret@search.example:9200/a@b", "https://search.example:9200/a@b"),
        ("https://search.example", "https://search.example"),
        ("arn:aws:s3:::lake", "arn:aws:s3:::lake"),
    ] {
        assert_eq!(without_credentials(address), told);
    }
}
