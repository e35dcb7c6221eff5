//! Deliveries on a simulated machine: what arrives where and when, and what a crash leaves.

mod crashes;
mod data_streams;
mod partitions;

use std::io::Read as _;

use serde_json::{Value, json};

use crate::testing::{World, s3, simulate, unlimited};

/// Keys and bytes of everything in the bucket `lake`.
pub(super) fn objects(world: &World) -> Vec<(String, Vec<u8>)> {
    let stored = world.objects.stored.lock().expect("no panic while held");
    stored.iter().map(|(name, (_, bytes))| (name.trim_start_matches("lake/").to_owned(), bytes.clone())).collect()
}

/// The texts of all objects below a prefix.
pub(super) fn texts(world: &World, prefix: &str) -> Vec<String> {
    let found = objects(world).into_iter().filter(|(key, _)| key.starts_with(prefix));
    found.map(|(_, bytes)| String::from_utf8(bytes).expect("records of these tests are text")).collect()
}

pub(super) fn with(mut base: Value, members: Value) -> Value {
    for (name, value) in members.as_object().expect("members") {
        base[name] = value.clone();
    }
    base
}

pub(super) fn extended(members: Value) -> Value {
    json!({"ExtendedS3DestinationConfiguration": with(s3(), members)})
}

pub(super) fn hints(size: u32, interval: u32) -> Value {
    json!({"SizeInMBs": size, "IntervalInSeconds": interval})
}

pub(super) async fn put(world: &World, stream: &str, records: &[&str]) {
    let records: Vec<Value> =
        records.iter().map(|text| json!({"Data": base64_simd::STANDARD.encode_to_string(text.as_bytes())})).collect();
    let put = world.ok("PutRecordBatch", json!({"DeliveryStreamName": stream, "Records": records})).await;
    assert_eq!(put["FailedPutCount"], 0);
}

#[test]
fn records_become_an_object_when_the_interval_is_over() {
    simulate(unlimited(), |world| async move {
        world.make_stream_with("orders", extended(json!({"BufferingHints": hints(5, 60)}))).await;
        put(&world, "orders", &["one", "two"]).await;
        world.pass(30_000).await;
        put(&world, "orders", &["three"]).await;
        world.pass(29_000).await;
        assert_eq!(objects(&world).len(), 0, "the interval is not over");
        world.pass(2_000).await;
        let objects = objects(&world);
        assert_eq!(objects.len(), 1);
        let (key, bytes) = &objects[0];
        assert_eq!(bytes, b"onetwothree");
        // The suffix: stream, version, the oldest record's arrival, a UUID.
        assert!(key.starts_with("2026/01/01/00/orders-1-2026-01-01-00-00-"), "{key}");
        assert_eq!(key.len(), "2026/01/01/00/orders-1-2026-01-01-00-00-00-".len() + 36, "{key}");
        world.pass(600_000).await;
        assert_eq!(self::objects(&world).len(), 1, "nothing comes twice");
    });
}

#[test]
fn objects_are_encrypted_with_the_key_that_was_named() {
    simulate(unlimited(), |world| async move {
        let key = "arn:aws:kms:us-east-1:123456789012:key/k";
        let encryption = json!({"KMSEncryptionConfig": {"AWSKMSKeyARN": key}});
        let members = json!({"BufferingHints": hints(1, 0), "EncryptionConfiguration": encryption});
        world.make_stream_with("orders", extended(members)).await;
        let described = world.describe("orders").await;
        let shown = &described["Destinations"][0]["ExtendedS3DestinationDescription"]["EncryptionConfiguration"];
        assert_eq!(*shown, encryption);
        put(&world, "orders", &["one"]).await;
        world.pass(1_500).await;
        let stored = world.objects.stored.lock().expect("no panic while held").clone();
        let keys: Vec<_> = stored.values().map(|(object, _)| object.kms_key_arn.as_deref()).collect();
        assert_eq!(keys, [Some(key)]);
    });
}

#[test]
fn records_become_an_object_when_the_size_is_reached() {
    simulate(unlimited(), |world| async move {
        world.make_stream_with("orders", extended(json!({"BufferingHints": hints(1, 900)}))).await;
        let half = "x".repeat(512 * 1024);
        put(&world, "orders", &[&half]).await;
        world.pass(1_000).await;
        assert_eq!(objects(&world).len(), 0);
        put(&world, "orders", &[&half, &half]).await;
        world.pass(1_000).await;
        let lengths: Vec<usize> = objects(&world).iter().map(|(_, bytes)| bytes.len()).collect();
        assert_eq!(lengths, [1024 * 1024], "the third record waits");
        world.pass(901_000).await;
        assert_eq!(objects(&world).len(), 2);
    });
}

#[test]
fn an_interval_of_nothing_delivers_within_a_moment() {
    simulate(unlimited(), |world| async move {
        world.make_stream_with("orders", extended(json!({"BufferingHints": hints(1, 0)}))).await;
        put(&world, "orders", &["now"]).await;
        world.pass(1_500).await;
        assert_eq!(texts(&world, ""), ["now"]);
    });
}

#[test]
fn objects_are_packed_and_named_as_configured() {
    simulate(unlimited(), |world| async move {
        let delimiter = json!({"Enabled": true, "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": [
            {"ParameterName": "Delimiter", "ParameterValue": "\\n"}]}]});
        let members = json!({
            "BufferingHints": hints(1, 60), "CompressionFormat": "GZIP", "FileExtension": ".json.gz",
            "CustomTimeZone": "Asia/Tokyo", "Prefix": "in/!{timestamp:yyyy-MM-dd'T'HH}/!{firehose:random-string}/",
            "ErrorOutputPrefix": "out/!{firehose:error-output-type}/", "ProcessingConfiguration": delimiter,
        });
        world.make_stream_with("orders", extended(members)).await;
        put(&world, "orders", &["one", "two", ""]).await;
        world.pass(61_000).await;
        let stored = world.objects.stored.lock().expect("no panic while held").clone();
        let (name, (object, bytes)) = stored.first_key_value().expect("an object");
        assert!(name.starts_with("lake/in/2026-01-01T09/"), "{name}");
        assert!(name.ends_with(".json.gz"), "{name}");
        assert_eq!(name.split('/').nth(3).map(str::len), Some(11), "{name}");
        assert_eq!((object.content_type, object.content_encoding), ("application/octet-stream", Some("gzip")));
        let mut text = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, "one\ntwo\n", "a delimiter stands between records, none behind the last");
    });
}

#[test]
fn a_prefix_update_applies_to_what_is_not_sealed() {
    simulate(unlimited(), |world| async move {
        world.make_stream_with("orders", extended(json!({"BufferingHints": hints(1, 60)}))).await;
        put(&world, "orders", &["one"]).await;
        world.pass(30_000).await;
        let update = json!({"DeliveryStreamName": "orders", "CurrentDeliveryStreamVersionId": "1",
            "DestinationId": "destinationId-000000000001", "ExtendedS3DestinationUpdate": {"Prefix": "new/"}});
        world.ok("UpdateDestination", update).await;
        world.pass(31_000).await;
        let key = &objects(&world)[0].0;
        assert!(key.starts_with("new/2026/01/01/00/orders-2-"), "{key}");
    });
}

#[test]
fn a_bucket_that_is_not_there_is_waited_for() {
    simulate(unlimited(), |world| async move {
        let members = json!({"BufferingHints": hints(1, 60), "BucketARN": "arn:aws:s3:::gone"});
        world.make_stream_with("orders", extended(members)).await;
        put(&world, "orders", &["one"]).await;
        world.pass(600_000).await;
        assert_eq!(objects(&world).len(), 0);
        let mut metrics = String::new();
        world.firehose.write_metrics(&mut metrics);
        assert!(metrics.contains("delivery_to_s3_success_total{account=\"123456789012\",region=\"us-east-1\",delivery_stream_name=\"orders\"} 0"), "{metrics}");
        let update = json!({"DeliveryStreamName": "orders", "CurrentDeliveryStreamVersionId": "1",
            "DestinationId": "destinationId-000000000001",
            "ExtendedS3DestinationUpdate": {"BucketARN": "arn:aws:s3:::lake"}});
        world.ok("UpdateDestination", update).await;
        world.pass(60_000).await;
        assert_eq!(texts(&world, ""), ["one"]);
        world.pass(600_000).await;
        assert_eq!(texts(&world, ""), ["one"]);
    });
}

#[test]
fn what_a_full_day_does_not_deliver_is_lost_and_counted() {
    simulate(unlimited(), |world| async move {
        let members = json!({"BufferingHints": hints(1, 60), "BucketARN": "arn:aws:s3:::gone"});
        world.make_stream_with("orders", extended(members)).await;
        put(&world, "orders", &["one", "two"]).await;
        world.pass(25 * 3_600_000).await;
        put(&world, "orders", &["three"]).await;
        let update = json!({"DeliveryStreamName": "orders", "CurrentDeliveryStreamVersionId": "1",
            "DestinationId": "destinationId-000000000001",
            "ExtendedS3DestinationUpdate": {"BucketARN": "arn:aws:s3:::lake"}});
        world.ok("UpdateDestination", update).await;
        world.pass(120_000).await;
        assert_eq!(texts(&world, ""), ["three"]);
        let mut metrics = String::new();
        world.firehose.write_metrics(&mut metrics);
        let lost = metrics.lines().find(|line| line.starts_with("aws_firehose_lost_records_total"));
        assert!(lost.is_some_and(|line| line.ends_with(" 2")), "{lost:?}");
    });
}

#[test]
fn raw_copies_have_hints_and_names_of_their_own() {
    simulate(unlimited(), |world| async move {
        let backup = with(s3(), json!({"Prefix": "raw/", "BufferingHints": hints(1, 120)}));
        let split = json!({"Enabled": true, "Processors": [{"Type": "RecordDeAggregation", "Parameters": [
            {"ParameterName": "SubRecordType", "ParameterValue": "JSON"}]},
            {"Type": "AppendDelimiterToRecord", "Parameters": []}]});
        let members = json!({"BufferingHints": hints(1, 60), "Prefix": "cooked/", "S3BackupMode": "Enabled",
            "S3BackupConfiguration": backup, "ProcessingConfiguration": split});
        let created =
            json!({"DeliveryStreamName": "orders", "ExtendedS3DestinationConfiguration": with(s3(), members)});
        if let Err(refused) = world.call("CreateDeliveryStream", created).await {
            panic!("{refused}");
        }
        world.settle().await;
        put(&world, "orders", &["{\"a\":1}{\"a\":2}"]).await;
        world.pass(61_000).await;
        assert_eq!(texts(&world, "cooked/"), ["{\"a\":1}\n{\"a\":2}"]);
        assert_eq!(texts(&world, "raw/").len(), 0, "the copies have an interval of their own");
        world.pass(61_000).await;
        assert_eq!(texts(&world, "raw/"), ["{\"a\":1}{\"a\":2}"]);
    });
}

#[test]
fn backups_that_are_switched_on_later_begin_then() {
    simulate(unlimited(), |world| async move {
        world.make_stream_with("orders", extended(json!({"BufferingHints": hints(1, 60), "Prefix": "cooked/"}))).await;
        put(&world, "orders", &["one"]).await;
        world.pass(90_000).await;
        let backup = with(s3(), json!({"Prefix": "raw/", "BufferingHints": hints(1, 60)}));
        let update = json!({"DeliveryStreamName": "orders", "CurrentDeliveryStreamVersionId": "1",
            "DestinationId": "destinationId-000000000001",
            "ExtendedS3DestinationUpdate": {"S3BackupMode": "Enabled", "S3BackupUpdate": backup}});
        world.ok("UpdateDestination", update).await;
        world.pass(1_000).await;
        put(&world, "orders", &["two"]).await;
        world.pass(90_000).await;
        assert_eq!(texts(&world, "cooked/"), ["one", "two"]);
        assert_eq!(texts(&world, "raw/"), ["two"]);
    });
}

#[test]
fn sealed_records_are_delivered_open() {
    simulate(unlimited(), |world| async move {
        let mut request = extended(json!({"BufferingHints": hints(1, 60)}));
        request["DeliveryStreamEncryptionConfigurationInput"] = json!({"KeyType": "AWS_OWNED_CMK"});
        world.make_stream_with("orders", request).await;
        put(&world, "orders", &["secret"]).await;
        world.pass(61_000).await;
        assert_eq!(texts(&world, ""), ["secret"]);
    });
}

#[test]
fn hundreds_of_streams_deliver_side_by_side_and_deleted_ones_do_not() {
    simulate(unlimited(), |world| async move {
        for stream in 0..200 {
            let mut request = extended(json!({"BufferingHints": hints(1, 60), "Prefix": format!("s{stream}/")}));
            request["DeliveryStreamName"] = json!(format!("s{stream}"));
            world.ok("CreateDeliveryStream", request).await;
        }
        world.settle().await;
        for stream in 0..200 {
            put(&world, &format!("s{stream}"), &["one"]).await;
        }
        world.ok("DeleteDeliveryStream", json!({"DeliveryStreamName": "s7"})).await;
        world.pass(70_000).await;
        assert_eq!(objects(&world).len(), 199);
        assert_eq!(texts(&world, "s7/").len(), 0);
    });
}

#[test]
fn a_delivered_buffer_takes_no_room() {
    simulate(unlimited(), |world| async move {
        world.make_stream_with("orders", extended(json!({"BufferingHints": hints(1, 60)}))).await;
        put(&world, "orders", &["one", "two"]).await;
        world.pass(61_000).await;
        let name = "firehose/123456789012/us-east-1/orders";
        let stream = world.log.describe_stream(name).await.expect("the buffer");
        let bounds = world.log.bounds(stream.shards[0].id).await.expect("its bounds");
        assert_eq!((bounds.horizon, bounds.end), (2, 2));
    });
}
