//! Large PutRecords calls, which take the quick way, answer as others do.

use aws::Codec;

use super::*;
use crate::bulk::{Bulk, Written};
use crate::put::Outcome;

fn entries(count: usize) -> Vec<Value> {
    let entry = |at: usize| json!({"PartitionKey": format!("key-{at}"), "Data": base64(&vec![b'a' + at as u8 % 20; 2_000 + at])});
    (0..count).map(entry).collect()
}

async fn bulk(world: &World, request: &Value) -> Option<Bulk> {
    world.kinesis.bulk(&caller(), Codec::Json11, request.to_string().as_bytes()).await
}

/// What is in all shards, with where it is.
async fn stored(world: &World, shards: u32) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for shard in 0..shards {
        let iterator = world.iterator("s", shard, "TRIM_HORIZON", json!({})).await;
        for record in world.get(&iterator).await["Records"].as_array().expect("a list") {
            all.push((text(&record["PartitionKey"]), text(&record["Data"]), text(&record["SequenceNumber"])));
        }
    }
    all.sort();
    all
}

#[test]
fn large_calls_are_answered_and_stored_as_small_ones() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 3).await;
        let request = json!({"StreamName": "s", "Records": entries(60)});
        assert!(bulk(&world, &request).await.is_some_and(|bulk| bulk.size().0 == 60), "it takes the quick way");
        let quick = world.ok("PutRecords", request.clone()).await;
        let mut expected: Vec<_> =
            entries(60).iter().zip(quick["Records"].as_array().expect("a list")).map(stored_as).collect();
        expected.sort();
        assert_eq!(stored(&world, 3).await, expected);

        let mut unusual = request.clone();
        unusual["Records"][0]["ExplicitHashKey"] = Value::Null;
        assert!(bulk(&world, &unusual).await.is_none());
        let careful = world.ok("PutRecords", unusual).await;
        let shards = |answer: &Value| -> Vec<Value> {
            answer["Records"].as_array().expect("a list").iter().map(|entry| entry["ShardId"].clone()).collect()
        };
        assert_eq!(shards(&quick), shards(&careful));
        assert_eq!(
            quick.as_object().map(|answer| answer.keys().collect::<Vec<_>>()).expect("an object"),
            ["FailedRecordCount", "Records"]
        );
        assert_eq!(quick["FailedRecordCount"], 0);
        let again = world.ok("PutRecords", request).await;
        for answers in [[&quick, &careful], [&careful, &again]] {
            let [before, after] = answers.map(numbers);
            // Text of the same length sorts as numbers do.
            assert!(before.iter().zip(&after).all(|(before, after)| before < after));
        }
        assert_eq!(stored(&world, 3).await.len(), 180);
    });
}

fn stored_as((entry, result): (&Value, &Value)) -> (String, String, String) {
    (text(&entry["PartitionKey"]), text(&entry["Data"]), text(&result["SequenceNumber"]))
}

#[test]
fn a_shard_that_is_split_meanwhile_hands_on_what_was_packed_for_it() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 2).await;
        let request = json!({"StreamName": "s", "Records": entries(60)});
        let packed = bulk(&world, &request).await.expect("the quick way");
        let middle = (1_u128 << 126).to_string();
        let split = json!({"StreamName": "s", "ShardToSplit": shard_name(0), "NewStartingHashKey": middle});
        world.ok("SplitShard", split).await;
        world.pass(1_000).await;
        let written = world.kinesis.put_bulk(&caller(), packed).await.expect("written");
        let Written::Some(outcomes, bytes) = written else { panic!("one of the shards was closed") };
        for (entry, outcome) in entries(60).iter().zip(outcomes) {
            let Outcome::Written { shard, .. } = outcome else { panic!("{outcome:?}") };
            let quarter = crate::shard::hash_of_partition_key(text(&entry["PartitionKey"]).as_bytes()) >> 126;
            assert_eq!(shard, [2, 3, 1, 1][quarter as usize], "{entry}");
        }
        let keys: usize = entries(60).iter().map(|entry| text(&entry["PartitionKey"]).len()).sum();
        assert_eq!(bytes as usize, keys + (0..60).map(|at| 2_000 + at).sum::<usize>());
        assert_eq!(stored(&world, 4).await.len(), 60);
    });
}

#[test]
fn what_is_wrong_with_a_large_call_is_said_as_ever() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let good = json!({"StreamName": "s", "Records": entries(60)});
        let mut cases = Vec::new();
        let mut with = |at: &str, member: &str, value: Value, refusal: &'static str| {
            let mut request = good.clone();
            *request.pointer_mut(at).and_then(|inside| inside.get_mut(member)).expect("there is one") = value;
            cases.push((request, refusal));
        };
        let bad = "a".repeat(4_000);
        with("/Records/59", "Data", json!(format!("{}*", &bad[1..])), "SerializationException");
        with("/Records/59", "Data", json!(format!("{bad}a")), "SerializationException");
        with("/Records/59", "PartitionKey", json!(""), "ValidationException: 1 validation error");
        with("", "StreamName", json!("other"), "ResourceNotFoundException: Stream other under account");
        with("", "StreamName", json!("o ther"), "ValidationException: 1 validation error");
        with("/Records/7", "Data", json!(base64(&vec![0; (1 << 20) + 1])), "ValidationException");
        for (request, refusal) in cases {
            assert!(bulk(&world, &request).await.is_none());
            let said = world.refused("PutRecords", request).await;
            assert!(said.starts_with(refusal), "{said}");
        }
        assert_eq!(stored(&world, 1).await.len(), 0);
        let small = json!({"StreamName": "s", "Records": entries(2)});
        assert!(bulk(&world, &small).await.is_none(), "small calls are put together with others");
        world.ok("PutRecords", small).await;
    });
}
