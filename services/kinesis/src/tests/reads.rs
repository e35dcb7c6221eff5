//! GetShardIterator and GetRecords.

use aws::{Codec, See, ServiceError};
use keys::Scope;
use log::ReadLimits;
use serde_json::json;

use super::*;
use crate::records::{Records, RecordsOut};

/// A stream `s` of one shard with the records 0 to 9, a second apart.
async fn ten_records(world: &World) -> Vec<(String, u64)> {
    world.make_stream("s", 1).await;
    let mut placed = Vec::new();
    for at in 0..10 {
        let answer = world.put("s", "a", at.to_string().as_bytes()).await;
        placed.push((text(&answer["SequenceNumber"]), world.host.now_ms()));
        world.pass(1_000).await;
    }
    placed
}

#[test]
fn every_kind_of_iterator_begins_where_it_says() {
    run(Limits::Off, async |world| {
        let placed = ten_records(&world).await;
        let number = &placed[4].0;
        let at_s = (placed[6].1 as f64) / 1000.0;
        for (kind, more, first) in [
            ("TRIM_HORIZON", json!({}), Some("0")),
            ("LATEST", json!({}), None),
            ("AT_SEQUENCE_NUMBER", json!({"StartingSequenceNumber": number}), Some("4")),
            ("AFTER_SEQUENCE_NUMBER", json!({"StartingSequenceNumber": number}), Some("5")),
            ("AFTER_SEQUENCE_NUMBER", json!({"StartingSequenceNumber": placed[9].0}), None),
            ("AT_TIMESTAMP", json!({"Timestamp": at_s}), Some("6")),
            ("AT_TIMESTAMP", json!({"Timestamp": at_s + 0.5}), Some("7")),
            ("AT_TIMESTAMP", json!({"Timestamp": 1.0}), Some("0")),
            ("AT_TIMESTAMP", json!({"Timestamp": world.host.now_ms() as f64 / 1000.0}), None),
        ] {
            let iterator = world.iterator("s", 0, kind, more.clone()).await;
            let page = world.get(&iterator).await;
            assert_eq!(data(&page).first().map(String::as_str), first, "{kind} {more}");
            assert_eq!(page["MillisBehindLatest"], 0);
        }
    });
}

#[test]
fn pages_go_on_where_they_ended() {
    run(Limits::Off, async |world| {
        ten_records(&world).await;
        let mut iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        let mut read = Vec::new();
        for behind in [6_000, 3_000, 0] {
            let page = world.ok("GetRecords", json!({"ShardIterator": iterator, "Limit": 4})).await;
            let millis = page["MillisBehindLatest"].as_u64().expect("a number");
            assert!(millis.is_multiple_of(1000) && (millis >= behind) && (behind > 0 || millis == 0), "{millis}");
            iterator = text(&page["NextShardIterator"]);
            read.extend(data(&page));
        }
        assert_eq!(read, (0..10).map(|at| at.to_string()).collect::<Vec<_>>());
        assert_eq!(world.get(&iterator).await["Records"], json!([]));
        world.put("s", "a", b"10").await;
        let page = world.get(&format!("\"{iterator}\"")).await;
        assert_eq!(data(&page), ["10"]);
        let record = page["Records"][0].as_object().expect("an object");
        assert_eq!(
            record.keys().collect::<Vec<_>>(),
            ["ApproximateArrivalTimestamp", "Data", "PartitionKey", "SequenceNumber"]
        );
        let arrived = record["ApproximateArrivalTimestamp"].as_f64().expect("a number");
        assert!((arrived * 1000.0 - world.host.now_ms() as f64).abs() < 1_000.0);
    });
}

#[test]
fn pages_have_at_most_ten_mebibytes() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        for _ in 0..12 {
            world.put("s", "a", &vec![b'x'; 1_000_000]).await;
        }
        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        let page = world.get(&iterator).await;
        assert_eq!(data(&page).len(), 10);
        let page = world.get(&text(&page["NextShardIterator"])).await;
        assert_eq!(data(&page).len(), 2);
    });
}

#[test]
fn iterators_are_refused_as_aws_does() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 3).await;
        let of_shard_1 =
            json!({"StreamName": "s", "PartitionKey": "a", "Data": "", "ExplicitHashKey": (u128::MAX / 2).to_string()});
        let of_shard_1 = text(&world.ok("PutRecord", of_shard_1).await["SequenceNumber"]);
        let now_ms = world.host.now_ms();
        world.pass(60_000).await;
        world.make_stream("t", 3).await;
        let ask = |kind: &str, more: Value| {
            let mut request = json!({"StreamName": "s", "ShardId": "shardId-0", "ShardIteratorType": kind});
            request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            request
        };
        let both = "InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and \
                    StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified";
        let future = world.host.now_ms() + 10_000;
        let number = |number: &str| json!({"StartingSequenceNumber": number});
        let complaint = |number: &str, shard: u32, stream: &str| {
            format!(
                "InvalidArgumentException: StartingSequenceNumber {number} used in GetShardIterator on shard {} in stream \
                 {stream} under account 123456789012 is invalid",
                shard_name(shard)
            )
        };
        let far = "26227199374822427428162556223570313216";
        let cases = [
            (ask("LATEST", json!({"ShardId": "x"})), "ResourceNotFoundException: Could not find shard x in stream s under account 123456789012.".to_owned()),
            (ask("LATEST", json!({"ShardId": "shardId-5"})), "ResourceNotFoundException: Shard shardId-000000000005 in stream s under account 123456789012 does not exist".to_owned()),
            (ask("LATEST", json!({"StreamName": "u"})), "ResourceNotFoundException: Shard shardId-000000000000 in stream u under account 123456789012 does not exist".to_owned()),
            (ask("LATEST", number("5")), format!("{both} LATEST and also a StartingSequenceNumber.")),
            (ask("AT_SEQUENCE_NUMBER", json!({})), format!("{both} AT_SEQUENCE_NUMBER and no StartingSequenceNumber.")),
            (ask("AT_TIMESTAMP", json!({})), "InvalidArgumentException: Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.".to_owned()),
            (ask("AT_TIMESTAMP", json!({"Timestamp": future as f64 / 1000.0})), "InvalidArgumentException: The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.".to_owned()),
            (ask("AT_SEQUENCE_NUMBER", number("5")), "InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000005, while it was used in a call to a shard with shardId-000000000000".to_owned()),
            (ask("AT_SEQUENCE_NUMBER", number(&of_shard_1)), "InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a call to a shard with shardId-000000000000".to_owned()),
            (ask("AT_SEQUENCE_NUMBER", number("0")), format!("{} because it did not come from this stream.", complaint("21267647932558653966460912964485513216", 0, "s"))),
            (ask("AT_SEQUENCE_NUMBER", number(far)), format!("{}.", complaint(far, 0, "s"))),
            (
                ask("AFTER_SEQUENCE_NUMBER", json!({"StreamName": "t", "ShardId": "shardId-1", "StartingSequenceNumber": of_shard_1})),
                format!("{} because it did not come from this stream.", complaint(&of_shard_1, 1, "t")),
            ),
            (
                ask("", json!({"ShardId": ""})),
                "ValidationException: 3 validation errors detected: Value '' at 'shardId' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'shardId' failed to satisfy \
                 constraint: Member must have length greater than or equal to 1; Value '' at 'shardIteratorType' failed to \
                 satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, \
                 AT_SEQUENCE_NUMBER, TRIM_HORIZON]".to_owned(),
            ),
            (ask("LATEST", json!({"DryRun": true})), "DryRunOperationException: DryRunOperation validation succeeded while calling GetShardIterator operation.: Request would have succeeded, but DryRun flag is set.".to_owned()),
        ];
        for (request, expected) in cases {
            let refusal = world.refused("GetShardIterator", request.clone()).await;
            assert!(refusal.starts_with(&expected), "{request}: {refusal}");
        }
        assert!(now_ms < future);
    });
}

#[test]
fn iterators_expire_and_cannot_be_made_up() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let iterator = world.iterator("s", 0, "LATEST", json!({})).await;
        let get = |iterator: &str| json!({"ShardIterator": iterator});
        let invalid = "InvalidArgumentException: Invalid ShardIterator.";
        assert_eq!(world.refused("GetRecords", get("abc")).await, invalid);
        assert_eq!(world.refused("GetRecords", get(&iterator.replace('A', "B"))).await, invalid);
        let other = arn("other");
        assert_eq!(
            world.refused("GetRecords", json!({"ShardIterator": iterator, "StreamARN": other})).await,
            "InvalidArgumentException: Input stream name s doesn't match the inferred name in stream arn other"
        );
        assert_eq!(
            world.refused("GetRecords", json!({"ShardIterator": "", "Limit": 10_001})).await,
            "ValidationException: 2 validation errors detected: Value '10001' at 'limit' failed to satisfy constraint: \
             Member must have value less than or equal to 10000; Value '' at 'shardIterator' failed to satisfy \
             constraint: Member must have length greater than or equal to 1"
        );
        world.pass(299_000).await;
        world.get(&iterator).await;
        world.pass(2_000).await;
        let refusal = world.refused("GetRecords", get(&iterator)).await;
        assert!(
            refusal.starts_with(
                "ExpiredIteratorException: Iterator expired. The iterator was created at time Thu Jan 01 00:00:"
            ),
            "{refusal}"
        );
        assert!(refusal.ends_with("which is further in the future than the tolerated delay of 300000 milliseconds."));
    });
}

#[test]
fn a_stream_created_again_is_another_one() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        world.ok("DeleteStream", json!({"StreamName": "s"})).await;
        world.pass(2_000).await;
        let gone = "ResourceNotFoundException: Shard shardId-000000000000 in stream s under account 123456789012 does not exist";
        assert_eq!(world.refused("GetRecords", json!({"ShardIterator": iterator})).await, gone);
        world.make_stream("s", 1).await;
        assert_eq!(world.refused("GetRecords", json!({"ShardIterator": iterator})).await, gone);
    });
}

#[test]
fn a_closed_shard_ends_with_its_children() {
    run(Limits::Off, async |world| {
        let placed = ten_records(&world).await;
        let latest = world.iterator("s", 0, "LATEST", json!({})).await;
        let half = 1_u128 << 127;
        let split = json!({"StreamName": "s", "ShardToSplit": shard_name(0), "NewStartingHashKey": half.to_string()});
        world.ok("SplitShard", split).await;
        world.pass(1_000).await;
        let child = |index: u32, start: u128, end: u128| {
            json!({
                "ShardId": shard_name(index),
                "ParentShards": [shard_name(0)],
                "HashKeyRange": {"StartingHashKey": start.to_string(), "EndingHashKey": end.to_string()},
            })
        };
        let children = json!([child(1, 0, half - 1), child(2, half, u128::MAX)]);
        let end = world.get(&latest).await;
        assert_eq!(end, json!({"Records": [], "MillisBehindLatest": 0, "ChildShards": children}));
        let first = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        let page = world.ok("GetRecords", json!({"ShardIterator": first, "Limit": 9})).await;
        assert!(page["ChildShards"].is_null() && page["NextShardIterator"].is_string());
        let page = world.get(&text(&page["NextShardIterator"])).await;
        assert_eq!((data(&page), &page["ChildShards"]), (vec!["9".to_owned()], &children));
        let at_s = placed[8].1 as f64 / 1000.0;
        let in_parent = world.iterator("s", 0, "AT_TIMESTAMP", json!({"Timestamp": at_s})).await;
        assert_eq!(data(&world.get(&in_parent).await), ["8", "9"]);
        let shards = world.ok("ListShards", json!({"StreamName": "s"})).await;
        let ending = text(&shards["Shards"][0]["SequenceNumberRange"]["EndingSequenceNumber"]);
        let at_end = world.iterator("s", 0, "AT_SEQUENCE_NUMBER", json!({"StartingSequenceNumber": ending})).await;
        assert_eq!(world.get(&at_end).await["ChildShards"], children);
    });
}

#[test]
fn what_was_trimmed_is_skipped() {
    run(Limits::Off, async |world| {
        let placed = ten_records(&world).await;
        let begun = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        let view = world.kinesis.view(&caller(), "s").await.expect("the stream");
        world.log.trim(view.shard_id(0), 6).await.expect("trims");
        assert_eq!(data(&world.get(&begun).await), ["6", "7", "8", "9"]);
        let number = json!({"StartingSequenceNumber": placed[2].0});
        let old = world.iterator("s", 0, "AFTER_SEQUENCE_NUMBER", number).await;
        assert_eq!(data(&world.get(&old).await).first().map(String::as_str), Some("6"));
    });
}

#[test]
fn polling_has_its_limits() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let iterator = world.iterator("s", 0, "LATEST", json!({})).await;
        let get = json!({"ShardIterator": iterator});
        for _ in 0..5 {
            world.ok("GetRecords", get.clone()).await;
        }
        let exceeded = "ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000 in stream s \
                        under account 123456789012.";
        assert_eq!(world.refused("GetRecords", get.clone()).await, exceeded);
        world.pass(1_000).await;
        world.ok("GetRecords", get).await;
        let ask = json!({"StreamName": "s", "ShardId": shard_name(0), "ShardIteratorType": "LATEST"});
        for _ in 0..5 {
            world.ok("GetShardIterator", ask.clone()).await;
        }
        assert_eq!(world.refused("GetShardIterator", ask).await, exceeded);
    });
}

#[test]
fn a_page_of_ten_mebibytes_closes_the_shard_for_five_seconds() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        for _ in 0..12 {
            world.put("s", "a", &vec![b'x'; 1_000_000]).await;
            world.pass(1_000).await;
        }
        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        let page = world.get(&iterator).await;
        let next = json!({"ShardIterator": page["NextShardIterator"]});
        world.pass(4_500).await;
        world.refused("GetRecords", next.clone()).await;
        world.pass(500).await;
        assert_eq!(data(&world.ok("GetRecords", next).await).len(), 2);
    });
}

/// Adds up what the records take as they are written one by one.
struct Sum {
    codec: Codec,
    count: usize,
    bytes: u64,
}

impl See for Sum {
    fn see<T: serde::Serialize>(&mut self, item: &T) -> Result<(), ServiceError> {
        self.bytes += self.codec.item_bytes(self.count == 0, item)?;
        self.count += 1;
        Ok(())
    }
}

#[test]
fn a_page_is_as_long_as_it_is_measured_to_be() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let key = world.keys.create(Scope { account: "123456789012", region: "us-east-1" }, "").await.expect("creates");
        let encrypt = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": key.id});
        let entries: Vec<_> = [("k", 0), ("\"\\\u{1}\u{7f}ü𝄞", 1), (&*"long".repeat(60), 255), ("k", 70_000), ("l", 2)]
            .iter()
            .map(|(key, length)| json!({"PartitionKey": key, "Data": base64(&vec![b'a'; *length])}))
            .collect();
        for operation in ["StartStreamEncryption", "StopStreamEncryption"] {
            world.ok("PutRecords", json!({"StreamName": "s", "Records": entries})).await;
            world.ok(operation, encrypt.clone()).await;
            world.pass(1_234).await;
        }
        world.put("s", "k", b"clear again").await;

        let view = world.kinesis.view(&caller(), "s").await.expect("the stream");
        let shard = view.stream.shard(0).expect("the shard");
        let limits = ReadLimits { records_max: 100, bytes_max: 1 << 20 };
        for codec in [Codec::Json11, Codec::Cbor] {
            let stored = world.log.read(view.shard_id(0), 0, limits, None).await.expect("reads");
            let opened = world.kinesis.open_records(&view, shard.id, &stored).await.expect("opens");
            let mut out = RecordsOut::from(Records::new(&view, shard, stored, opened));
            let measured = out.items_bytes(codec).expect("measures");
            let mut sum = Sum { codec, count: 0, bytes: 0 };
            while out.show_next(&mut sum).expect("shows") {}
            assert_eq!((sum.count, sum.bytes), (11, measured), "{codec:?}");
        }
    });
}
