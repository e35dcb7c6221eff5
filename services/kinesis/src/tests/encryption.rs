//! Records that are encrypted at rest.

use keys::Scope;
use log::ReadLimits;
use serde_json::json;

use super::*;

#[test]
fn records_are_unreadable_without_the_key() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        world.put("s", "clear-key", b"in the clear").await;
        let scope = Scope { account: "123456789012", region: "us-east-1" };
        let key = world.keys.create(scope, "").await.expect("creates");
        let encrypt = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": key.id});
        world.ok("StartStreamEncryption", encrypt.clone()).await;
        world.pass(1_000).await;
        assert_eq!(world.put("s", "secret-key", b"a secret").await["EncryptionType"], "KMS");
        let entries = json!([{"PartitionKey": "secret-key", "Data": base64(b"another secret")}]);
        let answer = world.ok("PutRecords", json!({"StreamName": "s", "Records": entries})).await;
        assert_eq!(answer["EncryptionType"], "KMS");

        let view = world.kinesis.view(&caller(), "s").await.expect("the stream");
        let limits = ReadLimits { records_max: 10, bytes_max: 1 << 20 };
        let stored = world.log.read(view.shard_id(0), 0, limits, None).await.expect("reads");
        let contains = |hay: &[u8], needle: &[u8]| hay.windows(needle.len()).any(|window| window == needle);
        for (at, record) in stored.iter().enumerate() {
            assert!(!contains(record.value, b"secret") && !contains(record.key, b"secret"), "{at}");
            assert_eq!(contains(record.value, b"clear"), at == 0);
        }

        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        let page = world.get(&iterator).await;
        assert_eq!(data(&page), ["in the clear", "a secret", "another secret"]);
        assert!(page["Records"][0]["EncryptionType"].is_null());
        assert_eq!(
            (&page["Records"][1]["EncryptionType"], &page["Records"][1]["PartitionKey"]),
            (&json!("KMS"), &json!("secret-key"))
        );
        let consumer = world.consumer("s", "c").await;
        let mut events = world.subscribe(&consumer, 0, json!({"Type": "TRIM_HORIZON"})).await;
        assert_eq!(data(&events.event().await), ["in the clear", "a secret", "another secret"]);

        world.keys.set_enabled(scope, &key.id, false).await.expect("disables");
        let disabled = format!("KMSDisabledException: arn:aws:kms:us-east-1:123456789012:key/{} is disabled.", key.id);
        let put = json!({"StreamName": "s", "PartitionKey": "a", "Data": ""});
        assert_eq!(world.refused("PutRecord", put).await, disabled);
        assert_eq!(world.refused("GetRecords", json!({"ShardIterator": iterator})).await, disabled);
        let mut events = world.subscribe(&consumer, 0, json!({"Type": "TRIM_HORIZON"})).await;
        assert_eq!(events.next().await.map(|(kind, _)| kind).as_deref(), Some("KMSDisabledException"));

        world.keys.set_enabled(scope, &key.id, true).await.expect("enables");
        world.ok("StopStreamEncryption", encrypt).await;
        world.pass(1_000).await;
        assert!(world.put("s", "a", b"clear again").await["EncryptionType"].is_null());
        assert_eq!(data(&world.get(&iterator).await).len(), 4, "old records stay readable");
    });
}

#[test]
fn keys_that_are_not_there_are_refused() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        for key in
            ["alias/nothing", "arn:aws:kms:us-east-1:999999999999:key/1b2c", "5f1d6c1e-0000-4000-8000-000000000000"]
        {
            let encrypt = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": key});
            let refusal = world.refused("StartStreamEncryption", encrypt).await;
            assert!(refusal.starts_with("KMSNotFoundException: "), "{refusal}");
        }
    });
}

#[test]
fn nothing_opens_without_the_master_key_file() {
    run(Limits::Off, async |world| {
        world.make_stream("s", 1).await;
        let encrypt = json!({"StreamName": "s", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"});
        world.ok("StartStreamEncryption", encrypt).await;
        world.settle().await;
        world.put("s", "a", b"a secret").await;
        let (master, aside) = ("/data/master.key".as_ref(), "/data/aside.key".as_ref());
        let files = std::sync::Arc::clone(world.host.files());
        files.rename(master, aside).expect("moves away");
        let world = world.restart().await;
        let iterator = world.iterator("s", 0, "TRIM_HORIZON", json!({})).await;
        let get = json!({"ShardIterator": iterator});
        let refusal = world.refused("GetRecords", get.clone()).await;
        assert!(refusal.starts_with("KMSAccessDeniedException: "), "{refusal}");
        let put = json!({"StreamName": "s", "PartitionKey": "a", "Data": ""});
        let refusal = world.refused("PutRecord", put).await;
        assert!(refusal.starts_with("KMSAccessDeniedException: "), "{refusal}");
        files.rename(aside, master).expect("moves back");
        assert_eq!(data(&world.ok("GetRecords", get).await), ["a secret"]);
    });
}
