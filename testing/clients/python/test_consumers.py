"""Registered consumers and the push that they are for."""

import pytest

from harness.clients import active, client, make_consumer, make_stream, refused, shards_of
from harness.polling import eventually
from harness.sequence import decode
from harness.subscription import END, Subscription

ZERO = "shardId-000000000000"


def test_consumers_are_registered_listed_and_removed(kinesis, account):
    arn = make_stream(kinesis)
    answer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]
    created = answer["ConsumerCreationTimestamp"]
    assert answer["ConsumerName"] == "reader" and answer["ConsumerStatus"] == "CREATING"
    assert answer["ConsumerARN"] == f"{arn}/consumer/reader:{int(created.timestamp())}"
    exists = f"Consumer reader under stream orders already exists for account {account}."
    with refused("ResourceInUseException", exists):
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")
    described = eventually(
        lambda: (
            (one := kinesis.describe_stream_consumer(StreamARN=arn, ConsumerName="reader")["ConsumerDescription"])[
                "ConsumerStatus"
            ]
            == "ACTIVE"
            and one
        )
    )
    assert described == {**answer, "ConsumerStatus": "ACTIVE", "StreamARN": arn}
    for number in range(4):
        make_consumer(kinesis, arn, f"more-{number}")
    pages = list(
        kinesis.get_paginator("list_stream_consumers").paginate(StreamARN=arn, PaginationConfig={"PageSize": 2})
    )
    assert [len(page["Consumers"]) for page in pages] == [2, 2, 1]
    names = {one["ConsumerName"] for page in pages for one in page["Consumers"]}
    assert names == {"reader", *(f"more-{number}" for number in range(4))}
    assert active(kinesis, "orders")["ConsumerCount"] == 5
    kinesis.deregister_stream_consumer(StreamARN=arn, ConsumerName="reader")
    missing = f"Consumer reader under stream: orders, account {account} not found."

    def is_gone():
        names = [one["ConsumerName"] for one in kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]]
        return "reader" not in names

    eventually(is_gone, what="the consumer to be gone")
    with refused("ResourceNotFoundException", missing):
        kinesis.describe_stream_consumer(StreamARN=arn, ConsumerName="reader")


def test_records_are_pushed_as_they_come(kinesis):
    arn = make_stream(kinesis)
    for number in range(3):
        kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"%d" % number)
    consumer = make_consumer(kinesis, arn)
    with Subscription(kinesis, consumer) as subscription:
        assert subscription.headers["content-type"] == "application/vnd.amazon.eventstream"
        records, event = subscription.records(3)
        assert [record["Data"] for record in records] == [b"0", b"1", b"2"]
        assert event["MillisBehindLatest"] == 0
        put = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"live")
        records, event = subscription.records(1, seconds=2)
        assert records[0].keys() == {"SequenceNumber", "ApproximateArrivalTimestamp", "Data", "PartitionKey"}
        assert (records[0]["Data"], records[0]["SequenceNumber"]) == (b"live", put["SequenceNumber"])
        continuation = event["ContinuationSequenceNumber"]
        assert int(continuation) >= int(put["SequenceNumber"])
    late = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"late")
    other = make_consumer(kinesis, arn, "second")
    position = {"kind": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": continuation}
    with Subscription(kinesis, other, **position) as subscription:
        records, _ = subscription.records(1)
        assert [record["SequenceNumber"] for record in records] == [late["SequenceNumber"]]


@pytest.mark.parametrize("kind", ["LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP"])
def test_a_subscription_begins_at_its_position(kinesis, kind):
    arn = make_stream(kinesis)
    puts = [kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"%d" % number) for number in range(4)]
    consumer = make_consumer(kinesis, arn)
    second = {"SequenceNumber": puts[2]["SequenceNumber"]}
    position, expected = {
        "LATEST": ({}, [b"live"]),
        "AT_SEQUENCE_NUMBER": (second, [b"2", b"3", b"live"]),
        "AFTER_SEQUENCE_NUMBER": (second, [b"3", b"live"]),
        "AT_TIMESTAMP": ({"Timestamp": 1}, [b"0", b"1", b"2", b"3", b"live"]),
    }[kind]
    with Subscription(kinesis, consumer, kind=kind, **position) as subscription:
        kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"live")
        records, _ = subscription.records(len(expected))
        assert [record["Data"] for record in records] == expected


def test_a_quiet_subscription_beats_every_five_seconds(kinesis):
    arn = make_stream(kinesis)
    consumer = make_consumer(kinesis, arn)
    with Subscription(kinesis, consumer, kind="LATEST") as subscription:
        began = subscription.began
        beats = []
        while len(beats) < 2:
            at, event = subscription.next_timed(8)
            assert event["Records"] == [] and event["MillisBehindLatest"] == 0
            # One early, empty event would be no harm; the rhythm is what clients' timeouts depend on.
            if at - began > 2:
                beats.append((at, event))
    assert 4.0 <= beats[1][0] - beats[0][0] <= 6.5 and beats[0][0] - began <= 6.5
    numbers = [decode(event["ContinuationSequenceNumber"]) for _, event in beats]
    assert numbers[0].shard == 0 and numbers[1].seconds > numbers[0].seconds


def test_a_split_ends_the_subscription_with_the_children(kinesis):
    arn = make_stream(kinesis)
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"1")
    consumer = make_consumer(kinesis, arn)
    with Subscription(kinesis, consumer) as subscription:
        subscription.records(1)
        kinesis.split_shard(StreamName="orders", ShardToSplit=ZERO, NewStartingHashKey=str(2**127))
        event = subscription.next()
        while not event.get("ChildShards"):
            event = subscription.next()
        shards = shards_of(kinesis, "orders")
        assert event["ChildShards"] == [
            {"ShardId": id, "ParentShards": [ZERO], "HashKeyRange": shards[id]["HashKeyRange"]}
            for id in ("shardId-000000000001", "shardId-000000000002")
        ]
        assert "ContinuationSequenceNumber" not in event
        assert subscription.next() is END
    with Subscription(kinesis, consumer, "shardId-000000000001") as subscription:
        active(kinesis, "orders")
        put = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"2")
        assert put["ShardId"] == "shardId-000000000001"
        assert subscription.records(1)[0][0]["Data"] == b"2"


def test_a_second_subscription_is_refused_for_five_seconds_and_then_takes_over(servers, account):
    server = servers(limits="aws").start()
    kinesis = client(server, account)
    arn = make_stream(kinesis)
    consumer = make_consumer(kinesis, arn)
    first = Subscription(kinesis, consumer, kind="LATEST")
    second = client(server, account)
    refusals = set()

    def take_over():
        try:
            return Subscription(second, consumer, kind="LATEST")
        except second.exceptions.ClientError as error:
            refusals.add(error.response["Error"]["Code"])
            return None

    taken = eventually(take_over, 8, every=0.2, what="the five seconds to pass")
    assert taken.began - first.began >= 4.5
    # One call a second is the rate, which refuses the early ones; the others run into the five seconds.
    assert refusals == {"LimitExceededException", "ResourceInUseException"}
    event = first.next()
    while isinstance(event, dict):
        event = first.next()
    assert event is END or "ResourceInUseException" in str(event), event
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"1")
    assert taken.records(1)[0][0]["Data"] == b"1"
    taken.close()


def test_subscriptions_are_refused_before_they_begin(kinesis, lax, account):
    arn = make_stream(kinesis)
    consumer = make_consumer(kinesis, arn)
    with refused("ResourceNotFoundException"):
        Subscription(kinesis, f"{arn}/consumer/nobody:1")
    with refused("ResourceNotFoundException"):
        Subscription(kinesis, consumer, "shardId-000000000007")
    with refused("InvalidArgumentException"):
        Subscription(kinesis, consumer, kind="AT_SEQUENCE_NUMBER")
    with refused("ValidationException") as seen:
        Subscription(lax, consumer, kind="SOMEWHERE")
    assert "startingPosition.type" in seen[0]["Error"]["Message"]
    dry = (
        "DryRunOperation validation succeeded while calling SubscribeToShard operation.: "
        "Request would have succeeded, but DryRun flag is set."
    )
    with refused("DryRunOperationException", dry):
        kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=ZERO, StartingPosition={"Type": "LATEST"}, DryRun=True)
