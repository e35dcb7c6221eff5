//! What the service counts.

use serde_json::json;

use super::*;

fn value(metrics: &str, line: &str) -> Option<f64> {
    metrics.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok())
}

#[test]
fn traffic_is_counted_per_stream_and_where_asked_per_shard() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 2).await;
        world.make_stream("watched", 1).await;
        let monitor =
            json!({"StreamName": "watched", "ShardLevelMetrics": ["IncomingBytes", "IteratorAgeMilliseconds"]});
        world.ok("EnableEnhancedMonitoring", monitor).await;
        world.pass(1_000).await;
        world.put("s", "a", b"12345").await;
        let records: Vec<Value> = (0..3).map(|_| json!({"PartitionKey": "ab", "Data": base64(b"12345678")})).collect();
        world.ok("PutRecords", json!({"StreamName": "watched", "Records": records})).await;
        let iterator = world.iterator("watched", 0, "TRIM_HORIZON", json!({})).await;
        world.get(&iterator).await;
        let mut metrics = String::new();
        world.kinesis.write_metrics(&mut metrics);
        let of = |stream: &str| format!("{{account=\"123456789012\",region=\"us-east-1\",stream_name=\"{stream}\"}}");
        for (name, stream, expected) in [
            ("aws_kinesis_incoming_bytes_total", "s", 6.0),
            ("aws_kinesis_incoming_records_total", "s", 1.0),
            ("aws_kinesis_put_record_bytes_total", "s", 6.0),
            ("aws_kinesis_put_record_success_total", "s", 1.0),
            ("aws_kinesis_put_record_latency_seconds_count", "s", 1.0),
            ("aws_kinesis_put_records_success_total", "s", 0.0),
            ("aws_kinesis_incoming_bytes_total", "watched", 30.0),
            ("aws_kinesis_put_records_total_records_total", "watched", 3.0),
            ("aws_kinesis_put_records_successful_records_total", "watched", 3.0),
            ("aws_kinesis_put_records_failed_records_total", "watched", 0.0),
            ("aws_kinesis_get_records_bytes_total", "watched", 30.0),
            ("aws_kinesis_get_records_records_total", "watched", 3.0),
            ("aws_kinesis_write_provisioned_throughput_exceeded_total", "watched", 0.0),
        ] {
            let line = format!("{name}{}", of(stream));
            assert_eq!(value(&metrics, &line), Some(expected), "{line} in\n{metrics}");
        }
        let shard = "stream_name=\"watched\",shard_id=\"shardId-000000000000\"} ";
        assert!(metrics.contains(&format!("{shard}30")), "{metrics}");
        assert!(metrics.contains("aws_kinesis_shard_iterator_age_milliseconds"), "{metrics}");
        assert!(!metrics.contains("aws_kinesis_shard_incoming_records"), "not asked for");
        assert!(!metrics.contains("stream_name=\"s\",shard_id"), "not asked for");
        world.ok("DeleteStream", json!({"StreamName": "s"})).await;
        world.pass(2_000).await;
        metrics.clear();
        world.kinesis.write_metrics(&mut metrics);
        assert!(!metrics.contains("stream_name=\"s\""), "streams that are gone are forgotten");
    });
}
