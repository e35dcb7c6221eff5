//! Records that are sealed in the buffer.

use log::ReadLimits;
use serde_json::json;

use crate::testing::{World, like_aws, s3, simulate, unlimited};

/// The records in a delivery stream's buffer, opened where they were sealed.
pub(super) async fn buffered(world: &World, name: &str) -> Vec<Vec<u8>> {
    let key = format!("firehose/123456789012/us-east-1/{name}");
    let view = world.firehose.view_by_key(&key).await.unwrap().expect("it is there");
    let limits = ReadLimits { records_max: 1_000, bytes_max: 32 << 20 };
    let batches = world.log.read(view.buffer(), 0, limits, None).await.unwrap();
    let opened = world.firehose.open_records(&view, &batches).await.unwrap();
    let data =
        |(at, record): (usize, log::RecordView<'_>)| opened.get(at).map_or(record.value.to_vec(), |b| b.to_vec());
    batches.iter().enumerate().map(data).collect()
}

/// The same as it is stored.
async fn stored(world: &World, name: &str) -> Vec<Vec<u8>> {
    let stream = world.log.describe_stream(&format!("firehose/123456789012/us-east-1/{name}")).await.unwrap();
    let limits = ReadLimits { records_max: 1_000, bytes_max: 32 << 20 };
    let batches = world.log.read(stream.shards[0].id, 0, limits, None).await.unwrap();
    batches.iter().map(|record| record.value.to_vec()).collect()
}

#[test]
fn records_are_sealed_while_encryption_is_on() {
    simulate(unlimited(), |world| async move {
        world.make_stream("e").await;
        let put = json!({"DeliveryStreamName": "e", "Record": {"Data": "c2VjcmV0"}});
        let name = json!({"DeliveryStreamName": "e"});
        assert_eq!(world.ok("PutRecord", put.clone()).await["Encrypted"], false);
        assert_eq!(world.ok("StartDeliveryStreamEncryption", name.clone()).await, json!({}));
        let encryption = world.describe("e").await["DeliveryStreamEncryptionConfiguration"].clone();
        assert_eq!(encryption, json!({"KeyType": "AWS_OWNED_CMK", "Status": "ENABLING"}));
        let refused = world.refused("StopDeliveryStreamEncryption", name.clone()).await;
        assert!(refused.starts_with("ResourceInUseException: "), "{refused}");
        world.settle().await;
        assert_eq!(world.describe("e").await["DeliveryStreamEncryptionConfiguration"]["Status"], "ENABLED");
        assert_eq!(world.ok("PutRecord", put.clone()).await["Encrypted"], true);
        assert_eq!(world.ok("StopDeliveryStreamEncryption", name.clone()).await, json!({}));
        world.settle().await;
        let encryption = world.describe("e").await["DeliveryStreamEncryptionConfiguration"].clone();
        assert_eq!(encryption, json!({"Status": "DISABLED"}));
        assert_eq!(world.ok("PutRecord", put).await["Encrypted"], false);
        let raw: Vec<_> = stored(&world, "e").await.iter().map(|value| value == b"secret").collect();
        assert_eq!(raw, [true, false, true]);
        let world = world.restart().await;
        assert_eq!(buffered(&world, "e").await, vec![b"secret".to_vec(); 3]);
    });
}

#[test]
fn keys_of_customers_must_be_usable() {
    simulate(unlimited(), |world| async move {
        let scope = keys::Scope { account: "123456789012", region: "us-east-1" };
        let key = world.keys.create(scope, "").await.unwrap().id;
        let arn = format!("arn:aws:kms:us-east-1:123456789012:key/{key}");
        let input = json!({"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": arn});
        let request = json!({
            "S3DestinationConfiguration": s3(), "DeliveryStreamEncryptionConfigurationInput": input,
        });
        world.make_stream_with("c", request).await;
        let encryption = world.describe("c").await["DeliveryStreamEncryptionConfiguration"].clone();
        assert_eq!(encryption, json!({"KeyARN": arn, "KeyType": "CUSTOMER_MANAGED_CMK", "Status": "ENABLED"}));
        let put = json!({"DeliveryStreamName": "c", "Record": {"Data": "aGk="}});
        assert_eq!(world.ok("PutRecord", put.clone()).await["Encrypted"], true);
        world.keys.set_enabled(scope, &key, false).await.unwrap();
        assert_eq!(
            world.refused("PutRecord", put).await,
            format!("InvalidKMSResourceException: KMS key {arn} is disabled.")
        );
        let start = |input| json!({"DeliveryStreamName": "c", "DeliveryStreamEncryptionConfigurationInput": input});
        let nobody = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000";
        for (input, expected) in [
            (json!({"KeyType": "CUSTOMER_MANAGED_CMK"}), "InvalidArgumentException: KeyARN must be specified"),
            (json!({"KeyType": "AWS_OWNED_CMK", "KeyARN": arn}), "InvalidArgumentException: KeyARN must not"),
            (json!({"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": nobody}), "InvalidKMSResourceException: "),
        ] {
            let refused = world.refused("StartDeliveryStreamEncryption", start(input)).await;
            assert!(refused.starts_with(expected), "{refused}");
        }
    });
}

#[test]
fn encryption_is_changed_25_times_a_day() {
    simulate(like_aws(), |world| async move {
        world.make_stream("e").await;
        let name = json!({"DeliveryStreamName": "e"});
        for n in 0..25 {
            let operation = ["StartDeliveryStreamEncryption", "StopDeliveryStreamEncryption"][n % 2];
            world.ok(operation, name.clone()).await;
            world.settle().await;
        }
        let refused = world.refused("StopDeliveryStreamEncryption", name.clone()).await;
        assert!(refused.starts_with("LimitExceededException: "), "{refused}");
        world.pass(24 * 3_600_000).await;
        world.ok("StopDeliveryStreamEncryption", name).await;
    });
}
