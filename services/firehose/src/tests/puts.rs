//! Records on their way in.

use serde_json::{Value, json};

use crate::testing::{like_aws, s3, simulate, unlimited};
use crate::tests::encryption::buffered;

fn batch(count: usize, bytes: usize) -> Value {
    let data = base64_simd::STANDARD.encode_to_string(vec![b'x'; bytes]);
    json!({"DeliveryStreamName": "p", "Records": vec![json!({"Data": data}); count]})
}

#[test]
fn what_was_answered_is_in_the_buffer() {
    simulate(unlimited(), |world| async move {
        world.make_stream("p").await;
        let one = world.ok("PutRecord", json!({"DeliveryStreamName": "p", "Record": {"Data": "aGk="}})).await;
        assert_eq!(one["Encrypted"], false);
        let records = json!([{"Data": ""}, {"Data": "YQ=="}]);
        let two = world.ok("PutRecordBatch", json!({"DeliveryStreamName": "p", "Records": records})).await;
        assert_eq!((&two["FailedPutCount"], &two["Encrypted"]), (&json!(0), &json!(false)));
        let ids: Vec<_> = two["RequestResponses"].as_array().unwrap().iter().map(|entry| &entry["RecordId"]).collect();
        assert!(ids[0] != ids[1] && !ids.contains(&&one["RecordId"]), "{ids:?}");
        assert_eq!(buffered(&world, "p").await, [&b"hi"[..], b"", b"a"]);
    });
}

#[test]
fn sizes_are_limited_as_a_whole_and_one_by_one() {
    simulate(unlimited(), |world| async move {
        world.make_stream("p").await;
        world.ok("PutRecordBatch", batch(4, 1_024_000)).await;
        world.ok("PutRecordBatch", batch(500, 1)).await;
        let refused = world.refused("PutRecordBatch", batch(5, 900_000)).await;
        assert_eq!(
            refused,
            "InvalidArgumentException: The total size of the records exceeds the maximum allowed size of 4194304 bytes."
        );
        let refused = world.refused("PutRecordBatch", batch(1, 1_024_001)).await;
        assert!(
            refused.starts_with("ValidationException: 1 validation error detected: Value ")
                && refused.ends_with(
                    "at 'records.1.member.data' failed to satisfy constraint: Member must have length less than or equal to \
                     1024000"
                ),
            "{refused}"
        );
        for count in [0, 501, 100_000] {
            let refused = world.refused("PutRecordBatch", batch(count, 0)).await;
            assert!(refused.contains("at 'records' failed to satisfy constraint: Member must have length"), "{count}");
        }
    });
}

#[test]
fn a_stream_that_reads_another_takes_no_puts() {
    simulate(unlimited(), |world| async move {
        let source = json!({
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
        });
        let request = json!({
            "DeliveryStreamType": "KinesisStreamAsSource", "KinesisStreamSourceConfiguration": source,
            "S3DestinationConfiguration": s3(),
        });
        world.make_stream_with("p", request).await;
        let described = world.describe("p").await;
        let source = &described["Source"]["KinesisStreamSourceDescription"];
        assert_eq!(source["DeliveryStartTimestamp"], described["CreateTimestamp"]);
        assert_eq!(
            world.refused("PutRecordBatch", batch(1, 1)).await,
            "InvalidArgumentException: This operation is not permitted on KinesisStreamAsSource delivery stream type."
        );
    });
}

#[test]
fn throughput_is_limited_entry_by_entry() {
    simulate(like_aws(), |world| async move {
        world.make_stream("p").await;
        let answer = world.ok("PutRecordBatch", batch(4, 1_000_000)).await;
        assert_eq!(answer["FailedPutCount"], 0);
        let answer = world.ok("PutRecordBatch", batch(3, 1_000_000)).await;
        assert_eq!(answer["FailedPutCount"], 2);
        assert!(answer["RequestResponses"][0]["RecordId"].is_string());
        let throttled = json!({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."});
        assert_eq!(answer["RequestResponses"][1], throttled);
        world.pass(1_000).await;
        assert_eq!(world.ok("PutRecordBatch", batch(1, 1_000_000)).await["FailedPutCount"], 0);
        let mut metrics = String::new();
        world.firehose.write_metrics(&mut metrics);
        let labels = "{account=\"123456789012\",region=\"us-east-1\",delivery_stream_name=\"p\"}";
        for line in [
            format!("aws_firehose_incoming_bytes_total{labels} 6000000"),
            format!("aws_firehose_throttled_records_total{labels} 2"),
            format!("aws_firehose_put_record_batch_requests_total{labels} 3"),
            format!("aws_firehose_bytes_per_second_limit{labels} 5242880"),
        ] {
            assert!(metrics.contains(&line), "{line} in\n{metrics}");
        }
    });
}

#[test]
fn requests_are_limited() {
    simulate(like_aws(), |world| async move {
        world.make_stream("p").await;
        let put = json!({"DeliveryStreamName": "p", "Record": {"Data": ""}});
        for _ in 0..2_000 {
            world.ok("PutRecord", put.clone()).await;
        }
        assert_eq!(world.refused("PutRecord", put).await, "ServiceUnavailableException: Slow down.");
    });
}
