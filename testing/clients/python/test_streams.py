"""Streams: creation, descriptions, listings, settings, deletion."""

import datetime
import json

import pytest

from harness.clients import active, client, make_stream, new_account, refused, shards_of
from harness.polling import eventually
from harness.sequence import HASH_KEY_END, decode


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_new_shards_divide_the_hash_keys_as_aws_does(kinesis, count):
    arn = make_stream(kinesis, "orders", count)
    description = kinesis.describe_stream(StreamARN=arn)["StreamDescription"]
    created = description["StreamCreationTimestamp"]
    width = 2**128 // count
    assert description["HasMoreShards"] is False and len(description["Shards"]) == count
    for index, shard in enumerate(description["Shards"]):
        assert shard["ShardId"] == f"shardId-{index:012}"
        last = HASH_KEY_END if index == count - 1 else (index + 1) * width - 1
        assert shard["HashKeyRange"] == {"StartingHashKey": str(index * width), "EndingHashKey": str(last)}
        assert shard.keys() == {"ShardId", "HashKeyRange", "SequenceNumberRange"}
        assert shard["SequenceNumberRange"].keys() == {"StartingSequenceNumber"}
        start = decode(shard["SequenceNumberRange"]["StartingSequenceNumber"])
        assert (start.index, start.shard, start.seconds) == (0, index, start.created_seconds)
        assert 0 <= created.timestamp() - start.created_seconds <= 4


def test_descriptions_carry_every_member(kinesis, account):
    arn = make_stream(kinesis, "orders", 2)
    assert arn == f"arn:aws:kinesis:us-east-1:{account}:stream/orders"
    description = kinesis.describe_stream(StreamName="orders")["StreamDescription"]
    summary = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    created = description.pop("StreamCreationTimestamp")
    assert summary.pop("StreamCreationTimestamp") == created and created.microsecond == 0
    assert abs(datetime.datetime.now(datetime.timezone.utc) - created) < datetime.timedelta(seconds=30)
    assert len(description.pop("Shards")) == 2
    shared = {
        "StreamName": "orders",
        "StreamARN": arn,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "RetentionPeriodHours": 24,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }
    assert description == {**shared, "HasMoreShards": False}
    for ignored in ("QueueCount",):
        assert summary.pop(ignored, 0) == 0
    assert summary == {**shared, "OpenShardCount": 2, "ConsumerCount": 0, "ChannelCount": 0, "MaxRecordSizeInKiB": 1024}


def test_an_on_demand_stream_begins_with_four_shards(kinesis):
    make_stream(kinesis, "orders", None, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    summary = active(kinesis, "orders")
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert summary["OpenShardCount"] == 4
    assert summary["RecordDistributionStrategy"] == "USER_PARTITION_KEY"
    shards = shards_of(kinesis, "orders")
    assert shards["shardId-000000000001"]["HashKeyRange"]["StartingHashKey"] == str(2**126)
    assert kinesis.describe_limits()["OnDemandStreamCount"] == 1
    with refused("ValidationException"):
        kinesis.split_shard(StreamName="orders", ShardToSplit="shardId-000000000000", NewStartingHashKey="77")


def test_pages_of_streams_and_shards_fit_together(kinesis):
    names = [f"stream-{number:03}" for number in range(103)]
    for name in names:
        kinesis.create_stream(StreamName=name, ShardCount=1)
    pages = list(kinesis.get_paginator("list_streams").paginate())
    assert [len(page["StreamNames"]) for page in pages] == [100, 3]
    assert [page["HasMoreStreams"] for page in pages] == [True, False]
    assert [name for page in pages for name in page["StreamNames"]] == names
    eventually(
        lambda: {one["StreamStatus"] for one in kinesis.list_streams()["StreamSummaries"]} == {"ACTIVE"},
        what="all streams to become ACTIVE",
    )
    assert kinesis.list_streams()["StreamSummaries"][0]["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    after = kinesis.list_streams(ExclusiveStartStreamName="stream-100", Limit=1)
    assert after["StreamNames"] == ["stream-101"] and after["HasMoreStreams"] is True
    assert kinesis.list_streams(NextToken=after["NextToken"])["StreamNames"] == ["stream-102"]

    make_stream(kinesis, "wide", 203)
    described = list(kinesis.get_paginator("describe_stream").paginate(StreamName="wide"))
    assert [len(page["StreamDescription"]["Shards"]) for page in described] == [100, 100, 3]
    wanted = [f"shardId-{index:012}" for index in range(203)]
    assert [shard["ShardId"] for page in described for shard in page["StreamDescription"]["Shards"]] == wanted
    assert list(shards_of(kinesis, "wide", MaxResults=50)) == wanted
    first = kinesis.list_shards(StreamName="wide", MaxResults=200, ExclusiveStartShardId="shardId-000000000001")
    rest = kinesis.list_shards(NextToken=first["NextToken"])
    assert [shard["ShardId"] for shard in first["Shards"] + rest["Shards"]] == wanted[2:]
    assert "NextToken" not in rest


def test_resources_belong_to_account_and_region(server):
    ours, theirs = new_account(), new_account()
    make_stream(client(server, ours), "orders")
    assert client(server, theirs).list_streams()["StreamNames"] == []
    elsewhere = client(server, ours, region="eu-west-1")
    assert elsewhere.list_streams()["StreamNames"] == []
    assert make_stream(elsewhere, "orders") == f"arn:aws:kinesis:eu-west-1:{ours}:stream/orders"
    with refused("ResourceNotFoundException", f"Stream orders under account {theirs} not found."):
        client(server, theirs).describe_stream_summary(StreamName="orders")


def test_a_stream_is_recreated_under_its_name(kinesis, account):
    make_stream(kinesis)
    put = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"old")
    with refused("ResourceInUseException", f"Stream orders under account {account} already exists."):
        kinesis.create_stream(StreamName="orders", ShardCount=1)
    kinesis.delete_stream(StreamName="orders")
    kinesis.get_waiter("stream_not_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    make_stream(kinesis)
    at = kinesis.get_shard_iterator(
        StreamName="orders", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert kinesis.get_records(ShardIterator=at)["Records"] == []
    again = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"new")
    assert int(again["SequenceNumber"]) > int(put["SequenceNumber"])


def test_retention_moves_within_its_limits(kinesis):
    make_stream(kinesis)
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=8760)
    assert active(kinesis, "orders")["RetentionPeriodHours"] == 8760
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=8760)
    active(kinesis, "orders")
    too_long = "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long."
    with refused("InvalidArgumentException", too_long):
        kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=8761)
    too_short = "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short."
    with refused("InvalidArgumentException", too_short):
        kinesis.decrease_stream_retention_period(StreamName="orders", RetentionPeriodHours=23)
    kinesis.decrease_stream_retention_period(StreamName="orders", RetentionPeriodHours=30)
    assert active(kinesis, "orders")["RetentionPeriodHours"] == 30


def test_enhanced_monitoring_is_kept_and_reported(kinesis, account):
    make_stream(kinesis)
    answer = kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingBytes"])
    answer.pop("ResponseMetadata")
    assert answer == {
        "StreamName": "orders",
        "StreamARN": f"arn:aws:kinesis:us-east-1:{account}:stream/orders",
        "CurrentShardLevelMetrics": [],
        "DesiredShardLevelMetrics": ["IncomingBytes"],
    }
    assert active(kinesis, "orders")["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["IncomingBytes"]}]
    desired = kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    assert len(desired["DesiredShardLevelMetrics"]) == 7
    active(kinesis, "orders")
    off = kinesis.disable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingBytes"])
    assert "IncomingBytes" not in off["DesiredShardLevelMetrics"] and len(off["CurrentShardLevelMetrics"]) == 7
    active(kinesis, "orders")
    kinesis.disable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    assert active(kinesis, "orders")["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}]


def test_modes_switch_twice_a_day(kinesis, account):
    arn = make_stream(kinesis, "orders", 3)
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert active(kinesis, "orders")["OpenShardCount"] == 3
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "PROVISIONED"})
    summary = active(kinesis, "orders")
    assert summary["OpenShardCount"] == 3 and summary["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}


def test_record_sizes_are_set_per_stream(kinesis, lax):
    arn = make_stream(kinesis, "orders", 1, MaxRecordSizeInKiB=2048)
    assert active(kinesis, "orders")["MaxRecordSizeInKiB"] == 2048
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=10240)
    assert active(kinesis, "orders")["MaxRecordSizeInKiB"] == 10240
    for size in (1023, 10241):
        with refused("ValidationException"):
            lax.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=size)


def test_tags_at_creation_and_later(kinesis, account):
    arn = make_stream(kinesis, "orders", 1, Tags={"b": "2", "a": ""})
    pairs = [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "2"}]
    assert kinesis.list_tags_for_stream(StreamName="orders")["Tags"] == pairs
    kinesis.add_tags_to_stream(StreamName="orders", Tags={"B": "x"})
    page = kinesis.list_tags_for_stream(StreamName="orders", Limit=2)
    assert [tag["Key"] for tag in page["Tags"]] == ["B", "a"] and page["HasMoreTags"] is True
    page = kinesis.list_tags_for_stream(StreamName="orders", ExclusiveStartTagKey="a")
    assert [tag["Key"] for tag in page["Tags"]] == ["b"] and page["HasMoreTags"] is False
    kinesis.remove_tags_from_stream(StreamName="orders", TagKeys=["none", "B"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == pairs
    kinesis.tag_resource(ResourceARN=arn, Tags={f"key-{number}": "v" for number in range(48)})
    too_many = (
        f"Failed to add tags to resource {arn} under account {account} because a given resource cannot have more than "
        "50 tags associated with it."
    )
    with refused("InvalidArgumentException", too_many):
        kinesis.tag_resource(ResourceARN=arn, Tags={"one-more": "v"})
    system = "Some tag keys in the request started with 'aws:'. System tags cannot be modified."
    with refused("InvalidArgumentException", system):
        kinesis.add_tags_to_stream(StreamName="orders", Tags={"aws:x": "y"})


def test_resource_policies_are_kept(kinesis, account):
    arn = make_stream(kinesis)
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == "{}"
    with refused("ResourceNotFoundException", f"No resource policy found for resource ARN {arn}."):
        kinesis.delete_resource_policy(ResourceARN=arn)
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kinesis:GetRecords", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    kinesis.put_resource_policy(ResourceARN=arn, Policy=policy)
    assert json.loads(kinesis.get_resource_policy(ResourceARN=arn)["Policy"]) == json.loads(policy)
    kinesis.delete_resource_policy(ResourceARN=arn)
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == "{}"


def test_deletion_minds_consumers(kinesis):
    arn = make_stream(kinesis)
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")
    with refused("ResourceInUseException"):
        kinesis.delete_stream(StreamName="orders")
    kinesis.delete_stream(StreamName="orders", EnforceConsumerDeletion=True)
    kinesis.get_waiter("stream_not_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
