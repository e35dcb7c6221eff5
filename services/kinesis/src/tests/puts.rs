//! PutRecord and PutRecords.

use std::sync::Arc;

use log::MemoryLog;
use serde_json::{Value, json};
use store::Store;

use super::*;
use crate::put::{Incoming, Outcome};
use crate::sequence::SequenceNumber;

#[test]
fn a_record_goes_to_the_shard_of_its_key() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 4).await;
        let before_s = world.host.now_ms() / 1000;
        let answer = world.put("s", "a", b"hi").await;
        assert_eq!(answer["ShardId"], "shardId-000000000000");
        assert_eq!(answer.as_object().expect("an object").len(), 2, "no EncryptionType: {answer}");
        let number = SequenceNumber::parse(&text(&answer["SequenceNumber"])).expect("digits");
        let decoded = number.decode().expect("AWS's layout");
        assert_eq!((decoded.version, decoded.shard, decoded.index), (2, 0, 1));
        assert!((before_s..=before_s + 1).contains(&decoded.time_s));
        assert_eq!(world.put("s", "partitionKey-1", b"").await["ShardId"], "shardId-000000000001");
        let explicit =
            json!({"StreamName": "s", "PartitionKey": "a", "Data": "", "ExplicitHashKey": u128::MAX.to_string()});
        assert_eq!(world.ok("PutRecord", explicit).await["ShardId"], "shardId-000000000003");
    });
}

#[test]
fn put_record_refuses_as_aws_does() {
    let long = "a".repeat(257);
    let hash_key = "340282366920938463463374607431768211456";
    let cases = [
        (
            json!({}),
            "ValidationException: 1 validation error detected: Value null at 'data' failed to satisfy constraint: \
             Member must not be null",
        ),
        (
            json!({"StreamName": "", "PartitionKey": "", "Data": "", "ExplicitHashKey": "", "SequenceNumberForOrdering": ""}),
            "ValidationException: 5 validation errors detected: Value '' at 'sequenceNumberForOrdering' failed to \
             satisfy constraint: Member must satisfy regular expression pattern: ^(0|([1-9]\\d{0,128}))$; Value '' at \
             'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' \
             at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: \
             ^(0|([1-9]\\d{0,38}))$; Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: Member must \
             have length greater than or equal to 1",
        ),
        (
            json!({"StreamName": "s", "PartitionKey": long, "Data": ""}),
            &format!(
                "ValidationException: 1 validation error detected: Value '{long}' at 'partitionKey' failed to satisfy \
                 constraint: Member must have length less than or equal to 256"
            ),
        ),
        (
            json!({"PartitionKey": "a", "Data": ""}),
            "InvalidArgumentException: Stream arn and stream name can't be empty at the same time",
        ),
        (
            json!({"StreamName": "t", "PartitionKey": "a", "Data": "", "DryRun": true}),
            "ResourceNotFoundException: Stream t under account 123456789012 not found.",
        ),
        (
            json!({"StreamName": "s", "PartitionKey": "a", "Data": "", "DryRun": true}),
            "DryRunOperationException: DryRunOperation validation succeeded while calling PutRecord operation.: Request \
             would have succeeded, but DryRun flag is set.",
        ),
        (
            json!({"StreamName": "s", "PartitionKey": "a", "Data": "", "ExplicitHashKey": hash_key}),
            &format!(
                "InvalidArgumentException: Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. \
                 Specified value was {hash_key}"
            ),
        ),
        (
            json!({"StreamName": "s", "PartitionKey": "a", "Data": "", "SequenceNumberForOrdering": "26227199374822427428162556223570313216"}),
            "InvalidArgumentException: ExclusiveMinimumSequenceNumber 26227199374822427428162556223570313216 used in \
             PutRecord on stream s under account 123456789012 is invalid.",
        ),
        (
            json!({"StreamName": "s", "PartitionKey": "a", "Data": "abc"}),
            "SerializationException: 'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple \
             of 4 bytes but found: 3",
        ),
    ];
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        for (request, expected) in cases {
            assert_eq!(world.refused("PutRecord", request.clone()).await, expected, "{request}");
        }
        let ordering = |number: &str| json!({"StreamName": "s", "PartitionKey": "a", "Data": "", "SequenceNumberForOrdering": number});
        world.ok("PutRecord", ordering("0")).await;
    });
}

#[test]
fn answers_stand_in_the_order_of_the_request() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 3).await;
        let keys: Vec<String> = (0..500).map(|at| format!("key {at}")).collect();
        let entry = |key: &String| json!({"PartitionKey": key, "Data": base64(key.as_bytes())});
        let records: Vec<Value> = keys.iter().map(entry).collect();
        let answer = world.ok("PutRecords", json!({"StreamName": "s", "Records": records})).await;
        assert_eq!(answer["FailedRecordCount"], 0);
        let results = answer["Records"].as_array().expect("a list");
        assert_eq!(results.len(), 500);
        let mut found = 0;
        for shard in 0..3 {
            let iterator = world.iterator("s", shard, "TRIM_HORIZON", json!({})).await;
            let page = world.get(&iterator).await;
            for record in page["Records"].as_array().expect("a list") {
                let key = text(&record["PartitionKey"]);
                let at = keys.iter().position(|known| *known == key).expect("our own key");
                assert_eq!(results[at]["SequenceNumber"], record["SequenceNumber"]);
                assert_eq!(results[at]["ShardId"], json!(shard_name(shard)));
                found += 1;
            }
            let sent: Vec<_> = keys.iter().filter(|key| data(&page).contains(key)).cloned().collect();
            assert_eq!(data(&page), sent, "the order of the call is kept");
        }
        assert_eq!(found, 500);
    });
}

#[test]
fn one_bad_entry_refuses_the_whole_call() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let records = json!([{"PartitionKey": "a", "Data": ""}, {"PartitionKey": "", "Data": ""}]);
        assert_eq!(
            world.refused("PutRecords", json!({"StreamName": "s", "Records": records})).await,
            "ValidationException: 1 validation error detected: Value '' at 'records.2.member.partitionKey' failed to \
             satisfy constraint: Member must have length greater than or equal to 1"
        );
        let records = json!([{"PartitionKey": "a", "Data": ""}, {"Data": ""}]);
        assert_eq!(
            world.refused("PutRecords", json!({"StreamName": "s", "Records": records})).await,
            "ValidationException: 1 validation error detected: Value null at 'records.2.member.partitionKey' failed to \
             satisfy constraint: Member must not be null"
        );
        assert_eq!(
            world.refused("PutRecords", json!({"StreamName": "", "Records": []})).await,
            "ValidationException: 3 validation errors detected: Value '[]' at 'records' failed to satisfy constraint: \
             Member must have length greater than or equal to 1; Value '' at 'streamName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy \
             constraint: Member must have length greater than or equal to 1"
        );
        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        assert_eq!(world.get(&iterator).await["Records"], json!([]), "nothing was written");
    });
}

#[test]
fn too_many_entries_are_refused_and_printed_as_java_does() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let records: Vec<Value> = (0..501).map(|_| json!({"PartitionKey": "a", "Data": ""})).collect();
        let refusal = world.refused("PutRecords", json!({"StreamName": "s", "Records": records})).await;
        assert!(refusal.starts_with(
            "ValidationException: 1 validation error detected: Value '[com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@"
        ));
        assert!(refusal.ends_with(
            "]' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"
        ));
        let many = format!("{{\"StreamName\":\"s\",\"Records\":[{}]}}", vec!["{}"; 1_000_000].join(","));
        let run = world.face.run("PutRecords", caller(), Codec::Json11, Bytes::from(many)).expect("known");
        assert!(run.await.is_err_and(|error| error.code().name == "ValidationException"));
    });
}

#[test]
fn records_and_calls_have_a_size_limit() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let entry = |bytes: usize| json!({"PartitionKey": "a", "Data": base64(&vec![0; bytes])});
        let put = |bytes: usize| {
            let mut request = entry(bytes);
            request["StreamName"] = json!("s");
            request
        };
        world.ok("PutRecord", put((1 << 20) - 1)).await;
        assert_eq!(
            world.refused("PutRecord", put(1 << 20)).await,
            "ValidationException: 1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048576 \
             cap=1048576]' at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576"
        );
        let large = json!({"StreamName": "s", "Records": [entry(1), entry(1 << 20)]});
        assert!(world.refused("PutRecords", large).await.contains("at 'records.2.member.data'"));
        let total: Vec<Value> = (0..11).map(|_| entry((1 << 20) - 1)).collect();
        let refusal = world.refused("PutRecords", json!({"StreamName": "s", "Records": total})).await;
        assert_eq!(refusal, "InvalidArgumentException: Records size exceeds 10 MB limit");
        let total: Vec<Value> = (0..10).map(|_| entry((1 << 20) - 1)).collect();
        assert_eq!(world.ok("PutRecords", json!({"StreamName": "s", "Records": total})).await["FailedRecordCount"], 0);
    });
}

#[test]
fn what_a_shard_cannot_take_fails_entry_by_entry() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let records: Vec<Value> =
            (0..120).map(|_| json!({"PartitionKey": "a", "Data": base64(&[0; 10_239])})).collect();
        let request = json!({"StreamName": "s", "Records": records});
        let answer = world.ok("PutRecords", request.clone()).await;
        let failed = json!({
            "ErrorCode": "ProvisionedThroughputExceededException",
            "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream s under account 123456789012.",
        });
        assert_eq!(answer["FailedRecordCount"], 17);
        assert_eq!((&answer["Records"][119], answer["Records"][0]["ErrorCode"].is_null()), (&failed, true));
        let single = json!({"StreamName": "s", "PartitionKey": "a", "Data": ""});
        assert_eq!(
            world.refused("PutRecord", single.clone()).await,
            "ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000 in stream s under \
             account 123456789012."
        );
        world.pass(1_000).await;
        world.ok("PutRecord", single).await;
    });
}

#[test]
fn records_follow_a_shard_that_was_split_meanwhile() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let old = world.kinesis.view(&caller(), "s").await.expect("the stream");
        let middle = (1_u128 << 127).to_string();
        let split = json!({"StreamName": "s", "ShardToSplit": shard_name(0), "NewStartingHashKey": middle});
        world.ok("SplitShard", split).await;
        world.pass(1_000).await;
        let incoming: Vec<Incoming> = ["a", "partitionKey-1", "b", "c"]
            .map(|key| Incoming { key: Bytes::from_static(key.as_bytes()), data: Bytes::new(), hash_key: None })
            .into();
        let outcomes = world.kinesis.put(&old, &caller(), &incoming).await.expect("written");
        for (record, outcome) in incoming.iter().zip(outcomes) {
            let Outcome::Written { shard, .. } = outcome else { panic!("{outcome:?}") };
            let upper = crate::shard::hash_of_partition_key(&record.key) >> 127;
            assert_eq!(u128::from(shard), 1 + upper, "{record:?}");
        }
    });
}

#[test]
fn a_full_engine_fails_puts_clearly() {
    run(Limits::Off, async |world| {
        let log = Arc::new(MemoryLog::new(world.host.clone(), 100_000));
        let store = Store::open(&world.host, "/small".as_ref()).expect("an empty disk");
        let settings = Settings { limits: Limits::Off, ..Settings::default() };
        let world = World::open(world.host, log, store, settings).await;
        world.make_stream("s", 1).await;
        let entry = json!({"PartitionKey": "a", "Data": base64(&[0; 90_000])});
        world.ok("PutRecords", json!({"StreamName": "s", "Records": [entry]})).await;
        let answer = world.ok("PutRecords", json!({"StreamName": "s", "Records": [entry]})).await;
        assert_eq!(
            (&answer["FailedRecordCount"], &answer["Records"][0]["ErrorCode"]),
            (&json!(1), &json!("InternalFailure"))
        );
        let single = json!({"StreamName": "s", "PartitionKey": "a", "Data": base64(&[0; 90_000])});
        let refusal = world.refused("PutRecord", single).await;
        assert!(refusal.starts_with("InternalFailure: The server's disk does not accept writes"), "{refusal}");
    });
}

#[test]
fn the_server_spreads_records_where_it_is_asked_to() {
    run(Limits::Off, async |world| {
        let create = json!({
            "StreamName": "s",
            "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
            "RecordDistributionStrategy": "AUTO",
        });
        world.ok("CreateStream", create).await;
        world.pass(1_000).await;
        let entry = json!({"Data": base64(b"x")});
        let answer = world.ok("PutRecords", json!({"StreamName": "s", "Records": [entry, entry, entry, entry]})).await;
        let mut shards: Vec<_> =
            answer["Records"].as_array().expect("list").iter().map(|r| text(&r["ShardId"])).collect();
        shards.sort_unstable();
        assert_eq!(shards, (0..4).map(shard_name).collect::<Vec<_>>());
        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        assert!(world.get(&iterator).await["Records"][0]["PartitionKey"].is_null());
    });
}

#[test]
fn entries_of_all_sizes_arrive_as_they_were_sent() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        // Around the sizes of the chunks that entries are read into.
        let sizes = [0, 1, 3_000, 4_090, 4_096, 5_000, 70_000, 262_144, 300_000, 10, 1_000_000, 0, 7];
        let sent: Vec<(String, Vec<u8>)> = sizes
            .iter()
            .enumerate()
            .map(|(at, size)| (format!("schlüssel {at}"), vec![b'a' + at as u8; *size]))
            .collect();
        let entry = |(key, data): &(String, Vec<u8>)| json!({"Data": base64(data), "Other": [{}], "PartitionKey": key});
        let records: Vec<Value> = sent.iter().map(entry).collect();
        world.ok("PutRecords", json!({"StreamName": "s", "Records": records})).await;
        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        let page = world.get(&iterator).await;
        let found = page["Records"].as_array().expect("a list").iter().map(|record| text(&record["PartitionKey"]));
        let found: Vec<(String, Vec<u8>)> = found.zip(data(&page).into_iter().map(String::into_bytes)).collect();
        assert!(found == sent, "keys and data are those that were sent");
    });
}

#[test]
fn entries_are_read_from_cbor() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        // {"Records": [{"Data": h'68656c6c6f', "PartitionKey": "p"}, {_ "PartitionKey": "q", "Data": h''}], "StreamName": "s"}
        let body: &[u8] = b"\xa2\x67Records\x82\xa2\x64Data\x45hello\x6cPartitionKey\x61p\
                            \xbf\x6cPartitionKey\x61q\x64Data\x40\xff\x6aStreamName\x61s";
        let run = world.face.run("PutRecords", caller(), Codec::Cbor, Bytes::from_static(body)).expect("known");
        run.await.expect("two records");
        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        assert_eq!(data(&world.get(&iterator).await), ["hello", ""]);
    });
}

#[test]
fn wrong_types_of_entries_read_as_aws_says() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let number = "SerializationException: class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be \
                      converted to an String";
        for (records, expected) in [
            (json!("x"), "SerializationException: Expected list or null"),
            (json!({}), "SerializationException: Start of structure or map found where not expected."),
            (json!([5]), "SerializationException: Expected null"),
            (json!([[]]), "SerializationException: Start of list found where not expected"),
            (json!([{"PartitionKey": 5}]), number),
            (json!([{"Data": true}]), "SerializationException: class java.lang.Boolean can not be converted to a Blob"),
            (json!([{"PartitionKey": []}]), "SerializationException: Start of list found where not expected"),
            (json!([{"Data": {}}]), "SerializationException: Start of structure or map found where not expected."),
            (
                json!([{"Data": "a~bc"}]),
                "SerializationException: 'a~bc' can not be converted to a Blob: Invalid Base64 character: '~'",
            ),
            (
                json!([{"Data": null, "PartitionKey": "a"}]),
                "ValidationException: 1 validation error detected: Value null at 'records.1.member.data' failed to satisfy \
                 constraint: Member must not be null",
            ),
        ] {
            let request = json!({"StreamName": "s", "Records": records});
            assert_eq!(world.refused("PutRecords", request.clone()).await, expected, "{request}");
        }
    });
}
