//! States, names, pages, tags.

use serde_json::json;

use crate::testing::{caller, like_aws, s3, simulate, unlimited};

#[test]
fn a_stream_is_creating_then_active_then_deleting_then_gone() {
    simulate(like_aws(), |world| async move {
        let create = json!({"DeliveryStreamName": "clicks", "S3DestinationConfiguration": s3()});
        let arn = world.ok("CreateDeliveryStream", create.clone()).await;
        assert_eq!(arn, json!({"DeliveryStreamARN": "arn:aws:firehose:us-east-1:123456789012:deliverystream/clicks"}));
        assert_eq!(world.describe("clicks").await["DeliveryStreamStatus"], "CREATING");
        let name = json!({"DeliveryStreamName": "clicks"});
        assert_eq!(
            world.refused("DeleteDeliveryStream", name.clone()).await,
            "ResourceInUseException: Firehose clicks under account 123456789012 cannot be deleted in CREATING state"
        );
        let put = json!({"DeliveryStreamName": "clicks", "Record": {"Data": "aGk="}});
        let not_active = "ResourceNotFoundException: Firehose clicks is not active in 123456789012 account.";
        assert_eq!(world.refused("PutRecord", put.clone()).await, not_active);
        let tag = json!({"DeliveryStreamName": "clicks", "Tags": [{"Key": "a"}]});
        world.ok("TagDeliveryStream", tag).await;
        world.settle().await;
        assert_eq!(world.describe("clicks").await["DeliveryStreamStatus"], "ACTIVE");
        assert_eq!(
            world.refused("CreateDeliveryStream", create.clone()).await,
            "ResourceInUseException: Firehose clicks under accountId 123456789012 already exists"
        );
        assert_eq!(world.ok("DeleteDeliveryStream", name.clone()).await, json!({}));
        assert_eq!(world.describe("clicks").await["DeliveryStreamStatus"], "DELETING");
        world.ok("DeleteDeliveryStream", name.clone()).await;
        assert_eq!(world.refused("PutRecord", put).await, not_active);
        world.settle().await;
        assert_eq!(
            world.refused("DescribeDeliveryStream", name).await,
            "ResourceNotFoundException: Firehose clicks under account 123456789012 not found."
        );
        world.ok("CreateDeliveryStream", create).await;
    });
}

#[test]
fn a_deletion_goes_on_after_a_restart() {
    simulate(like_aws(), |world| async move {
        world.make_stream("clicks").await;
        world.ok("DeleteDeliveryStream", json!({"DeliveryStreamName": "clicks"})).await;
        let world = world.restart().await;
        assert_eq!(world.describe("clicks").await["DeliveryStreamStatus"], "DELETING");
        world.settle().await;
        assert!(world.log.list_streams("firehose/", None, 10).await.unwrap().is_empty());
    });
}

#[test]
fn streams_are_listed_by_name_ten_at_a_time() {
    simulate(unlimited(), |world| async move {
        for n in 0..12 {
            world.make_stream(&format!("s{n:02}")).await;
        }
        let source = json!({
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
        });
        let request = json!({
            "DeliveryStreamType": "KinesisStreamAsSource", "KinesisStreamSourceConfiguration": source,
            "S3DestinationConfiguration": s3(),
        });
        world.make_stream_with("k", request).await;
        let page = world.ok("ListDeliveryStreams", json!({})).await;
        assert_eq!(page["DeliveryStreamNames"].as_array().unwrap().len(), 10);
        assert_eq!((&page["DeliveryStreamNames"][0], &page["HasMoreDeliveryStreams"]), (&json!("k"), &json!(true)));
        let rest = json!({"ExclusiveStartDeliveryStreamName": "s08", "DeliveryStreamType": "DirectPut"});
        let rest = world.ok("ListDeliveryStreams", rest).await;
        assert_eq!(rest, json!({"DeliveryStreamNames": ["s09", "s10", "s11"], "HasMoreDeliveryStreams": false}));
        let kinesis = world.ok("ListDeliveryStreams", json!({"DeliveryStreamType": "KinesisStreamAsSource"})).await;
        assert_eq!(kinesis["DeliveryStreamNames"], json!(["k"]));
        let mut elsewhere = caller();
        elsewhere.region = "eu-west-1".to_owned();
        let none = world.call_as(elsewhere, "ListDeliveryStreams", json!({})).await.unwrap();
        assert_eq!(none["DeliveryStreamNames"], json!([]));
        world.firehose.reset().await.unwrap();
        assert_eq!(world.ok("ListDeliveryStreams", json!({})).await["DeliveryStreamNames"], json!([]));
    });
}

#[test]
fn tags_are_listed_by_key() {
    simulate(unlimited(), |world| async move {
        world
            .make_stream_with("t", json!({"S3DestinationConfiguration": s3(), "Tags": [{"Key": "b", "Value": "1"}]}))
            .await;
        let tags = json!({"DeliveryStreamName": "t", "Tags": [{"Key": "a"}, {"Key": "c", "Value": ""}]});
        assert_eq!(world.ok("TagDeliveryStream", tags).await, json!({}));
        let page = world.ok("ListTagsForDeliveryStream", json!({"DeliveryStreamName": "t", "Limit": 2})).await;
        assert_eq!(page, json!({"Tags": [{"Key": "a"}, {"Key": "b", "Value": "1"}], "HasMoreTags": true}));
        let page = json!({"DeliveryStreamName": "t", "ExclusiveStartTagKey": "b"});
        let page = world.ok("ListTagsForDeliveryStream", page).await;
        assert_eq!(page, json!({"Tags": [{"Key": "c", "Value": ""}], "HasMoreTags": false}));
        world.ok("UntagDeliveryStream", json!({"DeliveryStreamName": "t", "TagKeys": ["a", "c", "z"]})).await;
        let left = world.ok("ListTagsForDeliveryStream", json!({"DeliveryStreamName": "t"})).await;
        assert_eq!(left["Tags"], json!([{"Key": "b", "Value": "1"}]));
        let many: Vec<_> = (0..50).map(|n| json!({"Key": n.to_string()})).collect();
        let refused = world.refused("TagDeliveryStream", json!({"DeliveryStreamName": "t", "Tags": many})).await;
        assert!(refused.starts_with("LimitExceededException: "), "{refused}");
    });
}

#[test]
fn the_control_plane_has_a_rate() {
    simulate(like_aws(), |world| async move {
        for _ in 0..5 {
            world.ok("ListDeliveryStreams", json!({})).await;
        }
        let refused = world.refused("ListDeliveryStreams", json!({})).await;
        assert_eq!(refused, "LimitExceededException: Rate exceeded for account 123456789012.");
        world.pass(1_000).await;
        world.ok("ListDeliveryStreams", json!({})).await;
    });
}
