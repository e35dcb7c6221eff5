//! SubscribeToShard.

use std::time::Duration;

use serde_json::json;

use super::*;

#[test]
fn records_are_pushed_as_they_become_durable() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let consumer = world.consumer("s", "c").await;
        world.put("s", "a", b"0").await;
        let begun = world.host.monotonic();
        let mut events = world.subscribe(&consumer, 0, json!({"Type": "TRIM_HORIZON"})).await;
        let first = events.event().await;
        assert_eq!((data(&first), &first["MillisBehindLatest"]), (vec!["0".to_owned()], &json!(0)));
        assert_eq!(first["ContinuationSequenceNumber"], json!(numbers(&first)[0]));
        assert!(first["ChildShards"].is_null());
        world.put("s", "a", b"1").await;
        assert_eq!(data(&events.event().await), ["1"]);
        assert!(world.host.monotonic() - begun < Duration::from_millis(100), "nobody waited");
    });
}

#[test]
fn a_waiting_push_wakes_at_the_commit() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let consumer = world.consumer("s", "c").await;
        let mut events = world.subscribe(&consumer, 0, json!({"Type": "LATEST"})).await;
        assert_eq!(events.event().await["Records"], json!([]), "the first event comes at once");
        let begun = world.host.monotonic();
        let put = async {
            world.pass(1_234).await;
            world.put("s", "a", b"x").await;
        };
        let (event, ()) = futures::join!(events.event(), put);
        assert_eq!(data(&event), ["x"]);
        let waited = world.host.monotonic() - begun;
        assert!(waited >= Duration::from_millis(1_234) && waited < Duration::from_millis(1_300), "{waited:?}");
    });
}

#[test]
fn silence_is_broken_every_five_seconds_and_ends_after_five_minutes() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let consumer = world.consumer("s", "c").await;
        world.put("s", "a", b"0").await;
        let mut events = world.subscribe(&consumer, 0, json!({"Type": "TRIM_HORIZON"})).await;
        let mut last = text(&events.event().await["ContinuationSequenceNumber"]);
        let begun = world.host.monotonic();
        let mut heartbeats = 0;
        while let Some((kind, event)) = events.next().await {
            assert_eq!((kind.as_str(), &event["Records"]), ("SubscribeToShardEvent", &json!([])));
            let number = text(&event["ContinuationSequenceNumber"]);
            assert!(number > last && number.len() == last.len(), "{number} after {last}");
            last = number;
            heartbeats += 1;
            let passed = world.host.monotonic() - begun;
            assert!(passed.as_millis().abs_diff(heartbeats * 5_000) < 500, "{heartbeats}: {passed:?}");
        }
        assert!((59..=60).contains(&heartbeats), "{heartbeats}");
        world.put("s", "a", b"1").await;
        let after = json!({"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": last});
        let mut events = world.subscribe(&consumer, 0, after).await;
        assert_eq!(data(&events.event().await), ["1"], "nothing is lost and nothing comes twice");
        let number = json!({"StartingSequenceNumber": last});
        let polled = world.iterator("s", 0, "AFTER_SEQUENCE_NUMBER", number).await;
        assert_eq!(data(&world.get(&polled).await), ["1"]);
    });
}

#[test]
fn a_closed_shard_ends_the_subscription_with_its_children() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let consumer = world.consumer("s", "c").await;
        let mut events = world.subscribe(&consumer, 0, json!({"Type": "LATEST"})).await;
        events.event().await;
        let half = (1_u128 << 127).to_string();
        let split = json!({"StreamName": "s", "ShardToSplit": shard_name(0), "NewStartingHashKey": half});
        let (last, _) = futures::join!(events.event(), world.ok("SplitShard", split));
        assert!(last["ContinuationSequenceNumber"].is_null(), "{last}");
        assert_eq!(last["ChildShards"].as_array().map(Vec::len), Some(2));
        assert_eq!(last["ChildShards"][1]["ParentShards"], json!([shard_name(0)]));
        assert_eq!(events.next().await, None);
    });
}

#[test]
fn a_younger_subscription_takes_over_after_five_seconds() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let consumer = world.consumer("s", "c").await;
        let request =
            json!({"ConsumerARN": consumer, "ShardId": shard_name(0), "StartingPosition": {"Type": "LATEST"}});
        let mut first = world.try_subscribe(request.clone()).await.expect("subscribes");
        first.event().await;
        let refusal = world.try_subscribe(request.clone()).await.err().expect("too often");
        assert!(refusal.starts_with("LimitExceededException: Rate exceeded for consumer"), "{refusal}");
        world.pass(3_000).await;
        let refusal = world.try_subscribe(request.clone()).await.err().expect("too early");
        assert!(refusal.starts_with("ResourceInUseException: "), "{refusal}");
        world.pass(3_000).await;
        let mut second = world.try_subscribe(request).await.expect("takes over");
        let (kind, _) = first.next().await.expect("an exception");
        assert_eq!((kind.as_str(), first.next().await), ("ResourceInUseException", None));
        world.put("s", "a", b"x").await;
        assert_eq!(data(&second.event().await), ["x"]);
    });
}

#[test]
fn pushes_keep_to_two_mebibytes_a_second() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let consumer = world.consumer("s", "c").await;
        for _ in 0..20 {
            world.put("s", "a", &vec![b'x'; 1_000_000]).await;
            world.pass(1_000).await;
        }
        let begun = world.host.monotonic();
        let mut events = world.subscribe(&consumer, 0, json!({"Type": "TRIM_HORIZON"})).await;
        let mut records = 0;
        while records < 20 {
            let event = events.event().await;
            assert!(data(&event).len() <= 2, "an event has at most 2 MiB");
            records += data(&event).len();
        }
        let took = world.host.monotonic() - begun;
        assert!(took > Duration::from_millis(7_500) && took < Duration::from_millis(9_500), "20 MB took {took:?}");
    });
}

#[test]
fn what_is_gone_ends_its_subscriptions() {
    run(Limits::Aws, async |world| {
        world.make_stream("s", 1).await;
        let (one, two) = (world.consumer("s", "one").await, world.consumer("s", "two").await);
        let mut of_one = world.subscribe(&one, 0, json!({"Type": "LATEST"})).await;
        let mut of_two = world.subscribe(&two, 0, json!({"Type": "LATEST"})).await;
        of_one.event().await;
        of_two.event().await;
        let begun = world.host.monotonic();
        let deregister = world.ok("DeregisterStreamConsumer", json!({"ConsumerARN": one}));
        let (ended, _) = futures::join!(of_one.next(), deregister);
        let (kind, payload) = ended.expect("an exception");
        assert_eq!(kind, "ResourceNotFoundException");
        assert_eq!(payload, json!({"message": "Consumer one under stream: s, account 123456789012 not found."}));
        let delete = world.ok("DeleteStream", json!({"StreamName": "s", "EnforceConsumerDeletion": true}));
        let (ended, _) = futures::join!(of_two.next(), delete);
        let (kind, payload) = ended.expect("an exception");
        assert_eq!(kind, "ResourceNotFoundException");
        assert_eq!(payload, json!({"message": "Stream s under account 123456789012 not found."}));
        assert!(world.host.monotonic() - begun < Duration::from_secs(1), "at once, not at the next heartbeat");
    });
}

#[test]
fn subscriptions_are_refused_as_aws_does() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let consumer = world.consumer("s", "c").await;
        let ask = |more: Value| {
            let mut request =
                json!({"ConsumerARN": consumer, "ShardId": shard_name(0), "StartingPosition": {"Type": "LATEST"}});
            request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            request
        };
        let other = consumer.replace("consumer/c:", "consumer/d:");
        let cases = [
            (
                json!({}),
                "ValidationException: 3 validation errors detected: Value null at 'consumerARN' failed to satisfy \
                 constraint: Member must not be null; Value null at 'shardId' failed to satisfy constraint: Member must \
                 not be null; Value null at 'startingPosition' failed to satisfy constraint: Member must not be null",
            ),
            (
                ask(json!({"StartingPosition": {"Type": "NOW"}})),
                "ValidationException: 1 validation error detected: Value 'NOW' at 'startingPosition.type' failed to \
                 satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, \
                 AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
            ),
            (
                ask(json!({"ConsumerARN": other})),
                "ResourceNotFoundException: Consumer d under stream: s, account 123456789012 not found.",
            ),
            (
                ask(json!({"ShardId": "shardId-1"})),
                "ResourceNotFoundException: Shard shardId-000000000001 in stream s under account 123456789012 does not exist",
            ),
            (
                ask(json!({"DryRun": true})),
                "DryRunOperationException: DryRunOperation validation succeeded while calling SubscribeToShard operation.: \
                 Request would have succeeded, but DryRun flag is set.",
            ),
        ];
        for (request, expected) in cases {
            assert_eq!(world.try_subscribe(request.clone()).await.err().as_deref(), Some(expected), "{request}");
        }
    });
}
