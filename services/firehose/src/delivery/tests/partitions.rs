//! Dynamic partitioning.

use serde_json::{Value, json};

use super::{extended, hints, objects, put, texts, with};
use crate::testing::{simulate, unlimited};

fn partitioned(query: &str, prefix: &str, more: Value) -> Value {
    let members = json!({
        "BufferingHints": hints(64, 60), "Prefix": prefix, "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "DynamicPartitioningConfiguration": {"Enabled": true},
        "ProcessingConfiguration": {"Enabled": true, "Processors": [
            {"Type": "MetadataExtraction", "Parameters": [
                {"ParameterName": "MetadataExtractionQuery", "ParameterValue": query},
                {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"}]},
            {"Type": "AppendDelimiterToRecord", "Parameters": []}]},
    });
    extended(with(members, more))
}

#[test]
fn every_partition_gets_an_object() {
    simulate(unlimited(), |world| async move {
        let prefix = "c=!{partitionKeyFromQuery:c}/!{timestamp:yyyy}/";
        world.make_stream_with("orders", partitioned("{c:.customer}", prefix, json!({}))).await;
        let records = [r#"{"customer":"a","n":1}"#, r#"{"customer":"b","n":2}"#, r#"{"customer":"a","n":3}"#];
        put(&world, "orders", &records).await;
        put(&world, "orders", &["no json", r#"{"n":4}"#, r#"{"customer":null}"#]).await;
        world.pass(95_000).await;
        assert_eq!(texts(&world, "c=a/2026/orders-1-"), ["{\"customer\":\"a\",\"n\":1}\n{\"customer\":\"a\",\"n\":3}"]);
        assert_eq!(texts(&world, "c=b/2026/orders-1-"), ["{\"customer\":\"b\",\"n\":2}"]);
        let errors = texts(&world, "errors/processing-failed/orders-1-");
        assert_eq!((errors.len(), objects(&world).len()), (1, 3));
        let lines: Vec<Value> = errors[0].lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let code = "DynamicPartitioning.MetadataExtractionFailed";
        let shown: Vec<_> = lines
            .iter()
            .map(|line| {
                assert_eq!((&line["errorCode"], &line["attemptsMade"]), (&json!(code), &json!(1)));
                (line["errorMessage"].as_str().unwrap_or(""), line["rawData"].as_str().unwrap_or("").to_owned())
            })
            .collect();
        let raw = |text: &str| base64_simd::STANDARD.encode_to_string(text);
        let empty = "partitionKeys values must not be null or empty";
        let expected = [
            ("Non JSON record provided", raw("no json")),
            (empty, raw(r#"{"n":4}"#)),
            (empty, raw(r#"{"customer":null}"#)),
        ];
        assert_eq!(shown, expected);
    });
}

#[test]
fn partitions_beyond_the_quota_are_failures() {
    simulate(unlimited(), |world| async move {
        let prefix = "c=!{partitionKeyFromQuery:c}/";
        world.make_stream_with("orders", partitioned("{c:.c}", prefix, json!({}))).await;
        for batch in 0..3 {
            let records: Vec<String> = (0..250).map(|n| format!("{{\"c\":\"{:04}\"}}", batch * 250 + n)).collect();
            put(&world, "orders", &records.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
        put(&world, "orders", &["{\"c\":\"0000\"}", "{\"c\":\"0700\"}"]).await;
        world.pass(95_000).await;
        assert_eq!(texts(&world, "c=").len(), 500, "five hundred partitions, in more than one pass");
        assert_eq!(texts(&world, "c=0000/"), ["{\"c\":\"0000\"}\n{\"c\":\"0000\"}"]);
        let errors = texts(&world, "errors/processing-failed/");
        assert_eq!(errors.iter().map(|text| text.lines().count()).sum::<usize>(), 251);
        assert!(errors[0].contains("DynamicPartitioning.ActivePartitionLimitExceeded"));
    });
}

#[test]
fn a_partition_whose_prefix_is_too_long_is_a_failure() {
    simulate(unlimited(), |world| async move {
        let prefix = "c=!{partitionKeyFromQuery:c}/";
        world.make_stream_with("orders", partitioned("{c:.c}", prefix, json!({}))).await;
        let long = format!("{{\"c\":\"{}\"}}", "x".repeat(600));
        put(&world, "orders", &[&long, "{\"c\":\"y\"}"]).await;
        world.pass(95_000).await;
        assert_eq!(texts(&world, "c=").len(), 1);
        assert_eq!(texts(&world, "errors/").len(), 1);
    });
}
