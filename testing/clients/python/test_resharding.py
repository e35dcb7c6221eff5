"""Splits, merges and scaling: the shard map, the lineage, and reading across it."""

from harness.clients import active, iterator, make_stream, open_shards, read_from, read_shard, refused, shards_of
from harness.polling import eventually
from harness.sequence import HASH_KEY_END, INDEX_MAX, decode

ZERO, ONE, TWO, THREE, FOUR = (f"shardId-{index:012}" for index in range(5))


def span(shard):
    """The hash keys of a shard as numbers."""
    return int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"])


def check_is_whole(shards):
    """Fails unless the shards cover all hash keys once."""
    spans = sorted(map(span, shards))
    assert spans[0][0] == 0 and spans[-1][1] == HASH_KEY_END
    assert all(left[1] + 1 == right[0] for left, right in zip(spans, spans[1:], strict=False))


def check_ended(shard):
    """Fails unless the shard's ending number is the one of a closed shard."""
    start, end = (decode(shard["SequenceNumberRange"][f"{which}SequenceNumber"]) for which in ("Starting", "Ending"))
    assert end.index == INDEX_MAX and end.created_seconds == start.created_seconds
    return end


def test_a_split_closes_the_parent_and_opens_two_children(kinesis):
    make_stream(kinesis)
    before = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"before")
    kinesis.split_shard(StreamName="orders", ShardToSplit=ZERO, NewStartingHashKey=str(2**127))
    assert active(kinesis, "orders")["OpenShardCount"] == 2
    shards = shards_of(kinesis, "orders")
    assert list(shards) == [ZERO, ONE, TWO]
    assert span(shards[ONE]) == (0, 2**127 - 1) and span(shards[TWO]) == (2**127, HASH_KEY_END)
    end = check_ended(shards[ZERO])
    for child in (ONE, TWO):
        assert shards[child]["ParentShardId"] == ZERO and "AdjacentParentShardId" not in shards[child]
        start = decode(shards[child]["SequenceNumberRange"]["StartingSequenceNumber"])
        assert start.created_seconds >= end.seconds
        assert int(shards[child]["SequenceNumberRange"]["StartingSequenceNumber"]) > int(
            shards[ZERO]["SequenceNumberRange"]["EndingSequenceNumber"]
        )
    after = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"after")
    assert after["ShardId"] == ONE and int(after["SequenceNumber"]) > int(before["SequenceNumber"])


def test_a_merge_has_two_parents(kinesis, account):
    make_stream(kinesis, "orders", 3)
    message = (
        f"Shards {TWO} and {ONE} in stream orders under account {account} are not an adjacent pair of shards "
        "eligible for merging"
    )
    with refused("InvalidArgumentException", message):
        kinesis.merge_shards(StreamName="orders", ShardToMerge=TWO, AdjacentShardToMerge=ONE)
    kinesis.merge_shards(StreamName="orders", ShardToMerge=ZERO, AdjacentShardToMerge=ONE)
    active(kinesis, "orders")
    shards = shards_of(kinesis, "orders")
    child = shards[THREE]
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (ZERO, ONE)
    assert span(child) == (0, span(shards[ONE])[1])
    check_ended(shards[ZERO]), check_ended(shards[ONE])
    check_is_whole(open_shards(kinesis, "orders").values())


def test_a_closed_shard_ends_with_its_children(kinesis):
    make_stream(kinesis)
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"old")
    waiting = iterator(kinesis, "orders", kind="LATEST")
    kinesis.split_shard(StreamName="orders", ShardToSplit=ZERO, NewStartingHashKey=str(2**126))
    active(kinesis, "orders")
    for at in (waiting, iterator(kinesis, "orders"), iterator(kinesis, "orders", kind="LATEST")):
        _, last = read_from(kinesis, at)
        assert last.get("NextShardIterator") is None
        shards = shards_of(kinesis, "orders")
        assert last["ChildShards"] == [
            {"ShardId": id, "ParentShards": [ZERO], "HashKeyRange": shards[id]["HashKeyRange"]} for id in (ONE, TWO)
        ]
    kinesis.merge_shards(StreamName="orders", ShardToMerge=ONE, AdjacentShardToMerge=TWO)
    active(kinesis, "orders")
    _, last = read_from(kinesis, iterator(kinesis, "orders", ONE))
    assert [(child["ShardId"], child["ParentShards"]) for child in last["ChildShards"]] == [(THREE, [ONE, TWO])]


def test_records_are_replayed_in_order_across_generations(kinesis):
    make_stream(kinesis, "orders", 2)
    keys = [f"key-{number}" for number in range(8)]
    sent = 0

    def put_some():
        nonlocal sent
        for _ in range(5):
            entries = [{"PartitionKey": key, "Data": b"%06d" % sent} for key in keys]
            assert kinesis.put_records(StreamName="orders", Records=entries)["FailedRecordCount"] == 0
            sent += 1

    put_some()
    kinesis.split_shard(StreamName="orders", ShardToSplit=ZERO, NewStartingHashKey=str(2**126))
    active(kinesis, "orders")
    put_some()
    kinesis.merge_shards(StreamName="orders", ShardToMerge=THREE, AdjacentShardToMerge=ONE)
    active(kinesis, "orders")
    put_some()
    shards = shards_of(kinesis, "orders")
    assert list(shards) == [ZERO, ONE, TWO, THREE, FOUR]
    # Parents have lower indexes than their children, so this is an order in which a consumer may read.
    records = [record for shard in shards for record in read_shard(kinesis, "orders", shard)]
    for key in keys:
        mine = [record for record in records if record["PartitionKey"] == key]
        assert [record["Data"] for record in mine] == [b"%06d" % number for number in range(sent)]
        numbers = [int(record["SequenceNumber"]) for record in mine]
        assert numbers == sorted(numbers)
    # A time before the first generation's end finds the rest of the closed shards, one after it nothing.
    cuts = [record["ApproximateArrivalTimestamp"].timestamp() for record in read_shard(kinesis, "orders", ZERO)]
    assert len(read_shard(kinesis, "orders", ZERO, "AT_TIMESTAMP", Timestamp=cuts[-1])) >= 1
    assert read_shard(kinesis, "orders", ZERO, "AT_TIMESTAMP", Timestamp=cuts[-1] + 0.001) == []


def test_listing_filters_choose_by_life(kinesis):
    make_stream(kinesis, "orders", 2)
    kinesis.split_shard(StreamName="orders", ShardToSplit=ZERO, NewStartingHashKey=str(2**126))
    active(kinesis, "orders")

    def listed(**shard_filter):
        return list(shards_of(kinesis, "orders", ShardFilter=shard_filter))

    everything = [ZERO, ONE, TWO, THREE]
    created = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"][
        "StreamCreationTimestamp"
    ]
    assert listed(Type="FROM_TRIM_HORIZON") == everything
    assert listed(Type="AFTER_SHARD_ID", ShardId=ONE) == [TWO, THREE]
    # AWS goes on listing a freshly closed shard as the latest for up to 30 s; nobody may rely on it.
    assert set(listed(Type="AT_LATEST")) >= {ONE, TWO, THREE}
    eventually(lambda: listed(Type="AT_LATEST") == [ONE, TWO, THREE], 35, what="the closed shard to leave AT_LATEST")
    assert set(listed(Type="AT_TRIM_HORIZON")) == {ZERO, ONE}
    assert set(listed(Type="FROM_TIMESTAMP", Timestamp=created.timestamp() - 10)) >= {ONE, TWO, THREE}
    with refused("InvalidArgumentException", "NextToken and StreamName cannot be provided together."):
        kinesis.list_shards(StreamName="orders", NextToken="x")


def test_a_shard_count_doubles_halves_and_stays(kinesis):
    make_stream(kinesis, "orders", 2)
    answer = kinesis.update_shard_count(StreamName="orders", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (2, 4)
    assert answer["StreamName"] == "orders" and answer["StreamARN"].endswith(":stream/orders")
    assert active(kinesis, "orders")["OpenShardCount"] == 4
    quarter = 2**126
    spans = sorted(map(span, open_shards(kinesis, "orders").values()))
    assert spans == [(index * quarter, (index + 1) * quarter - 1) for index in range(4)]
    kinesis.update_shard_count(StreamName="orders", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert active(kinesis, "orders")["OpenShardCount"] == 2
    assert sorted(map(span, open_shards(kinesis, "orders").values())) == [(0, 2**127 - 1), (2**127, HASH_KEY_END)]
    count = len(shards_of(kinesis, "orders"))
    kinesis.update_shard_count(StreamName="orders", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    active(kinesis, "orders")
    assert len(shards_of(kinesis, "orders")) == count


def test_two_become_three_by_the_thirds(kinesis):
    make_stream(kinesis, "orders", 2)
    kinesis.update_shard_count(StreamName="orders", TargetShardCount=3, ScalingType="UNIFORM_SCALING")
    active(kinesis, "orders")
    third = 2**128 // 3
    spans = sorted(map(span, open_shards(kinesis, "orders").values()))
    assert len(spans) == 3 and spans[0] == (0, third - 1)
    check_is_whole(open_shards(kinesis, "orders").values())
    shards = shards_of(kinesis, "orders")
    merged = [shard for shard in shards.values() if "AdjacentParentShardId" in shard]
    assert [shard["ShardId"] for shard in merged] == ["shardId-000000000006"]
    assert (merged[0]["ParentShardId"], merged[0]["AdjacentParentShardId"]) == (THREE, FOUR)


def test_a_split_wants_a_key_inside(kinesis, account):
    make_stream(kinesis)
    for key in ("0", "1", str(HASH_KEY_END)):
        message = (
            f"NewStartingHashKey {key} used in SplitShard() on shard {ZERO} in stream orders under account {account} "
            "is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey "
            f"{HASH_KEY_END}."
        )
        with refused("InvalidArgumentException", message):
            kinesis.split_shard(StreamName="orders", ShardToSplit=ZERO, NewStartingHashKey=key)
    kinesis.split_shard(StreamName="orders", ShardToSplit="shardId-0", NewStartingHashKey="2")
    active(kinesis, "orders")
    # A closed shard cannot be split again.
    with refused("InvalidArgumentException"):
        kinesis.split_shard(StreamName="orders", ShardToSplit=ZERO, NewStartingHashKey=str(2**127))
