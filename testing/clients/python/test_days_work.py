"""Every operation once, in the order in which somebody who runs a stream would need them."""

import json

from harness.clients import active, eventually, iterator, make_consumer, open_shards, read_shard, shards_of
from harness.subscription import Subscription

OPERATIONS = """
AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteResourcePolicy DeleteStream DeregisterStreamConsumer
DescribeAccountSettings DescribeLimits DescribeStream DescribeStreamConsumer DescribeStreamSummary
DisableEnhancedMonitoring EnableEnhancedMonitoring GetRecords GetResourcePolicy GetShardIterator
IncreaseStreamRetentionPeriod ListShards ListStreamConsumers ListStreams ListTagsForResource ListTagsForStream
MergeShards PutRecord PutRecords PutResourcePolicy RegisterStreamConsumer RemoveTagsFromStream SplitShard
StartStreamEncryption StopStreamEncryption SubscribeToShard TagResource UntagResource UpdateAccountSettings
UpdateMaxRecordSize UpdateShardCount UpdateStreamMode UpdateStreamRecordDistributionStrategy UpdateStreamWarmThroughput
""".split()


def test_a_days_work_uses_every_operation(kinesis, account):
    """One stream's life, from creation to deletion; at the end all operations have answered."""
    succeeded = set()
    kinesis.meta.events.register(
        "after-call.kinesis",
        lambda model, http_response, **_: http_response.status_code == 200 and succeeded.add(model.name),
    )
    name = "orders"
    arn = f"arn:aws:kinesis:us-east-1:{account}:stream/{name}"
    limits = kinesis.describe_limits()
    assert (limits["OpenShardCount"], limits["OnDemandStreamCount"]) == (0, 0)
    assert limits["OnDemandStreamCountLimit"] == 50
    assert limits["ChannelCount"] == 0 and limits["ChannelCountLimit"] == 100

    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    assert kinesis.list_streams()["StreamNames"] == [name]
    assert kinesis.describe_limits()["OpenShardCount"] == 2
    description = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    assert description["StreamARN"] == arn and len(description["Shards"]) == 2

    kinesis.add_tags_to_stream(StreamName=name, Tags={"team": "blue", "stage": "test"})
    kinesis.tag_resource(ResourceARN=arn, Tags={"owner": "ann"})
    kinesis.remove_tags_from_stream(StreamName=name, TagKeys=["stage"])
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [
        {"Key": "owner", "Value": "ann"},
        {"Key": "team", "Value": "blue"},
    ]
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["owner"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]

    first = kinesis.put_record(StreamName=name, PartitionKey="a", Data=b"one")
    many = kinesis.put_records(
        StreamName=name, Records=[{"PartitionKey": str(number), "Data": b"%d" % number} for number in range(20)]
    )
    assert many["FailedRecordCount"] == 0
    seen = [record["Data"] for shard in shards_of(kinesis, name) for record in read_shard(kinesis, name, shard)]
    assert sorted(seen) == sorted([b"one", *(b"%d" % number for number in range(20))])
    at = iterator(kinesis, name, first["ShardId"], "AT_SEQUENCE_NUMBER", StartingSequenceNumber=first["SequenceNumber"])
    assert kinesis.get_records(ShardIterator=at, Limit=1)["Records"][0]["Data"] == b"one"

    kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    active(kinesis, name)
    kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=24)
    active(kinesis, name)
    kinesis.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["IncomingBytes", "OutgoingBytes"])
    active(kinesis, name)
    kinesis.disable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=["ALL"])
    active(kinesis, name)

    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": ["kinesis:PutRecord"],
                "Resource": arn,
            }
        ],
    }
    kinesis.put_resource_policy(ResourceARN=arn, Policy=json.dumps(policy))
    assert json.loads(kinesis.get_resource_policy(ResourceARN=arn)["Policy"]) == policy
    kinesis.delete_resource_policy(ResourceARN=arn)

    kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    assert active(kinesis, name)["EncryptionType"] == "KMS"
    kinesis.stop_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    assert active(kinesis, name)["EncryptionType"] == "NONE"

    consumer = make_consumer(kinesis, arn, "reader")
    assert [found["ConsumerName"] for found in kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]] == ["reader"]
    with Subscription(kinesis, consumer, first["ShardId"]) as subscription:
        records, _ = subscription.records(1)
        assert records[0]["Data"] == b"one"
    kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    eventually(lambda: not kinesis.list_stream_consumers(StreamARN=arn)["Consumers"], what="the consumer to be gone")

    kinesis.split_shard(StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**126))
    active(kinesis, name)
    kinesis.merge_shards(
        StreamName=name, ShardToMerge="shardId-000000000002", AdjacentShardToMerge="shardId-000000000003"
    )
    active(kinesis, name)
    kinesis.update_shard_count(StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    active(kinesis, name)
    assert len(open_shards(kinesis, name)) == 4

    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=2048)
    active(kinesis, name)
    assert len(kinesis.put_record(StreamName=name, PartitionKey="big", Data=b"x" * 1_500_000)["SequenceNumber"]) == 56

    assert kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"] == {"Status": "DISABLED"}
    kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    assert kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED"
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert active(kinesis, name)["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    warm = kinesis.update_stream_warm_throughput(StreamARN=arn, WarmThroughputMiBps=8)
    assert warm["WarmThroughput"]["TargetMiBps"] == 8
    active(kinesis, name)
    kinesis.update_stream_record_distribution_strategy(StreamARN=arn, RecordDistributionStrategy="AUTO")
    assert active(kinesis, name)["RecordDistributionStrategy"] == "AUTO"
    assert "ShardId" in kinesis.put_record(StreamName=name, Data=b"anywhere")

    kinesis.delete_stream(StreamName=name)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    assert kinesis.list_streams()["StreamNames"] == []
    assert succeeded == set(OPERATIONS)
