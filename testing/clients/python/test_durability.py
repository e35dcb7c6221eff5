"""What else must survive kill -9, settings and subscriptions; damage to what was acknowledged must be seen."""

import pytest

from harness.clients import active, client, make_consumer, make_stream, read_shard
from harness.polling import eventually
from harness.server import StartFailed
from harness.subscription import Subscription

ZERO = "shardId-000000000000"


def test_acknowledged_settings_survive_a_kill(servers, account):
    server = servers().start()
    kinesis, kms = client(server, account), client(server, account, "kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]

    def again():
        """Kills, restarts and renews the clients."""
        nonlocal kinesis, kms
        server.kill()
        server.start()
        kinesis, kms = client(server, account), client(server, account, "kms")

    kinesis.create_stream(StreamName="orders", ShardCount=3, Tags={"a": "b"})
    again()
    arn = active(kinesis, "orders")["StreamARN"]
    assert active(kinesis, "orders")["OpenShardCount"] == 3
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Enabled"] is True
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=72)
    again()
    assert active(kinesis, "orders")["RetentionPeriodHours"] == 72
    kinesis.add_tags_to_stream(StreamName="orders", Tags={"c": "d"})
    again()
    tags = kinesis.list_tags_for_stream(StreamName="orders")["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]
    active(kinesis, "orders")
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    again()
    assert [one["ConsumerARN"] for one in kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]] == [consumer]
    active(kinesis, "orders")
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    again()
    assert active(kinesis, "orders")["EncryptionType"] == "KMS"
    put = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"sealed")
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingBytes"])
    again()
    assert active(kinesis, "orders")["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["IncomingBytes"]}]
    records = read_shard(kinesis, "orders", put["ShardId"])
    assert [(record["Data"], record["EncryptionType"]) for record in records] == [(b"sealed", "KMS")]
    kinesis.update_shard_count(StreamName="orders", TargetShardCount=6, ScalingType="UNIFORM_SCALING")
    again()
    assert active(kinesis, "orders")["OpenShardCount"] == 6
    kinesis.delete_stream(StreamName="orders", EnforceConsumerDeletion=True)
    again()
    eventually(lambda: kinesis.list_streams()["StreamNames"] == [], what="the deletion to end")
    make_stream(kinesis, "orders", 1)
    assert read_shard(kinesis, "orders") == []


def test_a_subscription_goes_on_where_the_kill_cut_it(servers, account):
    server = servers().start()
    kinesis = client(server, account)
    arn = make_stream(kinesis)
    consumer = make_consumer(kinesis, arn)
    sent, got, position = 0, [], {"kind": "TRIM_HORIZON"}
    for _ in range(5):
        with Subscription(kinesis, consumer, **position) as subscription:
            for _ in range(20):
                kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"%04d" % sent)
                sent += 1
            # Read until somewhere in the middle, as far as the events happen to go.
            while len(got) < sent - 10:
                event = subscription.next()
                got += [record["Data"] for record in event["Records"]]
                position = {
                    "kind": "AFTER_SEQUENCE_NUMBER",
                    "SequenceNumber": event["ContinuationSequenceNumber"],
                }
            server.kill()
        server.start()
        kinesis = client(server, account)
    with Subscription(kinesis, consumer, **position) as subscription:
        got += [record["Data"] for record in subscription.records(sent - len(got))[0]] if len(got) < sent else []
    assert got == [b"%04d" % number for number in range(sent)]


def written_files(server):
    """The log's files that hold the marker, with its places."""
    for path in sorted(server.data_dir.rglob("*")):
        if path.is_file():
            at = path.read_bytes().find(b"MARKER-DAMAGE")
            if at >= 0:
                yield path, at


@pytest.mark.parametrize("orderly", [False, True])
def test_damage_to_acknowledged_records_is_never_passed_over(servers, account, orderly):
    server = servers().start()
    kinesis = client(server, account)
    make_stream(kinesis)
    for number in range(5):
        kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"before-%d" % number)
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"MARKER-DAMAGE" * 10)
    for number in range(5):
        kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"behind-%d" % number)
    server.stop() if orderly else server.kill()
    found = list(written_files(server))
    assert found
    for path, at in found:
        with path.open("r+b") as file:
            file.seek(at)
            file.write(b"X")
    try:
        server.start()
    except StartFailed as failed:
        assert failed.code > 0 and "panicked" not in failed.stderr and "damage" in failed.stderr.lower(), failed
        return
    # If it starts, it may neither lose the record silently nor serve what it is not.
    kinesis = client(server, account)
    with pytest.raises(kinesis.exceptions.ClientError) as caught:
        read_shard(kinesis, "orders")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert server.is_running
