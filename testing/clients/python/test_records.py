"""Records: where they go, what their numbers say, and reading them from every position."""

import datetime
import time

import pytest

from harness.clients import active, iterator, make_stream, open_shards, read_from, read_shard, refused, shards_of
from harness.polling import eventually
from harness.sequence import HASH_KEY_END, decode, hash_key, owner, shard_index

ONE_MIB = 1024 * 1024


def test_keys_are_routed_by_their_md5(kinesis):
    make_stream(kinesis, "orders", 4)
    shards = shards_of(kinesis, "orders").values()
    assert kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"")["ShardId"] == "shardId-000000000000"
    put = kinesis.put_record(StreamName="orders", PartitionKey="partitionKey-1", Data=b"")
    assert put["ShardId"] == "shardId-000000000001"
    keys = [f"schlüssel-{number}" for number in range(100)]
    many = kinesis.put_records(StreamName="orders", Records=[{"PartitionKey": key, "Data": b"x"} for key in keys])
    for key, entry in zip(keys, many["Records"], strict=True):
        assert entry["ShardId"] == owner(shards, hash_key(key)), key
        assert decode(entry["SequenceNumber"]).shard == shard_index(entry["ShardId"])
    for explicit in (0, 2**126 - 1, 2**126, 2**127, HASH_KEY_END):
        put = kinesis.put_record(StreamName="orders", PartitionKey="a", ExplicitHashKey=str(explicit), Data=b"")
        assert put["ShardId"] == owner(shards, explicit)


def test_sequence_numbers_grow_and_can_be_read(kinesis):
    make_stream(kinesis)
    created = decode(
        shards_of(kinesis, "orders")["shardId-000000000000"]["SequenceNumberRange"]["StartingSequenceNumber"]
    )
    numbers = [kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"x")["SequenceNumber"] for _ in range(5)]
    batch = [{"PartitionKey": str(number), "Data": b"y"} for number in range(50)]
    answer = kinesis.put_records(StreamName="orders", Records=batch)
    inside = [entry["SequenceNumber"] for entry in answer["Records"]]
    numbers += inside
    assert numbers == sorted(numbers, key=int) and len(set(numbers)) == 55
    for number in numbers:
        fields = decode(number)
        assert fields.created_seconds == created.created_seconds and fields.shard == 0 and fields.index >= 1
        assert abs(fields.seconds - time.time()) < 30
    indexes = [decode(number).index for number in inside]
    assert indexes == list(range(indexes[0], indexes[0] + 50))
    assert [record["SequenceNumber"] for record in read_shard(kinesis, "orders")] == numbers


def test_records_come_back_as_they_were_put(kinesis):
    make_stream(kinesis)
    payloads = [b"", b"\x00\xff" * 500, "grüße".encode(), bytes(range(256)), b"z" * ONE_MIB]
    keys = ["k", "k" * 256, "ключ", "🙂" * 10, "n"]
    payloads[4] = payloads[4][: ONE_MIB - len(keys[4])]
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    puts = [
        kinesis.put_record(StreamName="orders", PartitionKey=key, Data=data)
        for key, data in zip(keys, payloads, strict=True)
    ]
    assert all("EncryptionType" not in put for put in puts)
    records = read_shard(kinesis, "orders")
    for put, key, data, record in zip(puts, keys, payloads, records, strict=True):
        assert record.keys() == {"SequenceNumber", "ApproximateArrivalTimestamp", "Data", "PartitionKey"}
        assert (record["Data"], record["PartitionKey"]) == (data, key)
        assert record["SequenceNumber"] == put["SequenceNumber"]
        assert before <= record["ApproximateArrivalTimestamp"] <= before + datetime.timedelta(seconds=60)


def test_every_position_begins_where_it_says(kinesis):
    make_stream(kinesis)
    puts = [kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"%d" % number) for number in range(10)]
    latest = iterator(kinesis, "orders", kind="LATEST")
    assert kinesis.get_records(ShardIterator=latest)["Records"] == []
    fourth = puts[4]["SequenceNumber"]

    def data(kind, **more):
        return [record["Data"] for record in read_shard(kinesis, "orders", kind=kind, **more)]

    everything = [b"%d" % number for number in range(10)]
    assert data("TRIM_HORIZON") == everything
    assert data("AT_SEQUENCE_NUMBER", StartingSequenceNumber=fourth) == everything[4:]
    assert data("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=fourth) == everything[5:]
    start = shards_of(kinesis, "orders")["shardId-000000000000"]["SequenceNumberRange"]["StartingSequenceNumber"]
    assert data("AT_SEQUENCE_NUMBER", StartingSequenceNumber=start) == everything
    assert data("AT_TIMESTAMP", Timestamp=0) == everything
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"new")
    answer = kinesis.get_records(ShardIterator=latest)
    assert [record["Data"] for record in answer["Records"]] == [b"new"]
    # AWS accepts an iterator with the quotes of the JSON it was cut out of.
    assert len(kinesis.get_records(ShardIterator=f'"{latest}"')["Records"]) == 1


def test_a_time_finds_the_first_record_not_older(kinesis):
    make_stream(kinesis)
    arrivals = []
    for number in range(3):
        # Arrivals must differ by a millisecond at least for the times between them to mean something.
        put = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"%d" % number)
        arrivals.append(
            read_shard(kinesis, "orders", kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=put["SequenceNumber"])[0][
                "ApproximateArrivalTimestamp"
            ].timestamp()
        )
        eventually(lambda: time.time() > arrivals[-1] + 0.005, what="the clock to move on")
    assert arrivals == sorted(set(arrivals))
    for index, arrival in enumerate(arrivals):
        found = read_shard(kinesis, "orders", kind="AT_TIMESTAMP", Timestamp=arrival)
        assert [record["Data"] for record in found] == [b"%d" % number for number in range(index, 3)]
        found = read_shard(kinesis, "orders", kind="AT_TIMESTAMP", Timestamp=arrival + 0.001)
        assert [record["Data"] for record in found] == [b"%d" % number for number in range(index + 1, 3)]


def test_pages_are_limited_by_count_and_by_ten_mebibytes(kinesis):
    make_stream(kinesis)
    for _ in range(3):
        batch = [{"PartitionKey": "k", "Data": b"%d" % number} for number in range(500)]
        assert kinesis.put_records(StreamName="orders", Records=batch)["FailedRecordCount"] == 0
    page = kinesis.get_records(ShardIterator=iterator(kinesis, "orders"), Limit=700)
    assert len(page["Records"]) == 700
    rest, _ = read_from(kinesis, page["NextShardIterator"])
    assert len(rest) == 800
    for _ in range(3):
        batch = [{"PartitionKey": "k", "Data": bytes([number]) * 1_000_000} for number in range(5)]
        assert kinesis.put_records(StreamName="orders", Records=batch)["FailedRecordCount"] == 0
    at, sizes = iterator(kinesis, "orders", kind="TRIM_HORIZON"), []
    for _ in range(10):
        answer = kinesis.get_records(ShardIterator=at)
        sizes.append(sum(len(record["Data"]) + len(record["PartitionKey"]) for record in answer["Records"]))
        at = answer["NextShardIterator"]
        if answer["MillisBehindLatest"] == 0:
            break
    assert max(sizes) <= 10 * ONE_MIB and sizes[0] > 8 * ONE_MIB
    assert sum(sizes) == 15 * 1_000_001 + sum(len(str(number)) + 1 for number in range(500)) * 3


def test_large_records_pass_when_the_stream_allows_them(kinesis):
    arn = make_stream(kinesis)
    with refused("ValidationException") as seen:
        kinesis.put_record(StreamName="orders", PartitionKey="k", Data=b"x" * (ONE_MIB + 1))
    assert seen[0]["Error"]["Message"].endswith("Member must have length less than or equal to 1048576")
    with refused("ValidationException"):
        kinesis.put_record(StreamName="orders", PartitionKey="k", Data=b"x" * ONE_MIB)
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=10240)
    active(kinesis, "orders")
    largest = bytes(range(256)) * (10 * ONE_MIB // 256)
    kinesis.put_record(StreamName="orders", PartitionKey="k", Data=largest[:-1])
    three = [{"PartitionKey": "k", "Data": b"%d" % number * (3 * ONE_MIB)} for number in range(3)]
    assert kinesis.put_records(StreamName="orders", Records=three)["FailedRecordCount"] == 0
    data = [record["Data"] for record in read_shard(kinesis, "orders")]
    assert data == [largest[:-1], *(entry["Data"] for entry in three)]
    over = [{"PartitionKey": "k", "Data": b"x" * (3 * ONE_MIB)} for _ in range(3)]
    over.append({"PartitionKey": "k", "Data": b"x" * ONE_MIB})
    with refused("InvalidArgumentException"):
        kinesis.put_records(StreamName="orders", Records=over)


def test_one_bad_entry_refuses_the_whole_call(kinesis, lax):
    make_stream(kinesis)
    bad = [{"PartitionKey": "a", "Data": b"1"}, {"PartitionKey": "", "Data": b"2"}]
    message = (
        "1 validation error detected: Value '' at 'records.2.member.partitionKey' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    with refused("ValidationException", message):
        lax.put_records(StreamName="orders", Records=bad)
    assert read_shard(kinesis, "orders") == []


def test_millis_behind_falls_to_nothing(kinesis):
    make_stream(kinesis)
    batch = [{"PartitionKey": "a", "Data": b"x"} for _ in range(10)]
    kinesis.put_records(StreamName="orders", Records=batch)
    time_of_put = time.monotonic()
    eventually(lambda: time.monotonic() > time_of_put + 1.1, what="the records to age")
    answer = kinesis.get_records(ShardIterator=iterator(kinesis, "orders"), Limit=5)
    assert answer["MillisBehindLatest"] >= 1000
    answer = kinesis.get_records(ShardIterator=answer["NextShardIterator"], Limit=5)
    assert (len(answer["Records"]), answer["MillisBehindLatest"]) == (5, 0)
    answer = kinesis.get_records(ShardIterator=answer["NextShardIterator"])
    assert (answer["Records"], answer["MillisBehindLatest"]) == ([], 0)


def test_ordering_numbers_are_taken_and_do_not_deduplicate(kinesis):
    make_stream(kinesis)
    first = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"1")["SequenceNumber"]
    for number in ("0", first, first):
        kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"2", SequenceNumberForOrdering=number)
    assert len(read_shard(kinesis, "orders")) == 4


@pytest.mark.parametrize("operation", ["PutRecord", "PutRecords", "GetShardIterator", "GetRecords"])
def test_a_dry_run_changes_nothing(kinesis, operation):
    make_stream(kinesis)
    calls = {
        "PutRecord": lambda: kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"1", DryRun=True),
        "PutRecords": lambda: kinesis.put_records(
            StreamName="orders", Records=[{"PartitionKey": "a", "Data": b"1"}], DryRun=True
        ),
        "GetShardIterator": lambda: iterator(kinesis, "orders", DryRun=True),
        "GetRecords": lambda: kinesis.get_records(ShardIterator=iterator(kinesis, "orders"), DryRun=True),
    }
    message = (
        f"DryRunOperation validation succeeded while calling {operation} operation.: "
        "Request would have succeeded, but DryRun flag is set."
    )
    with refused("DryRunOperationException", message):
        calls[operation]()
    assert read_shard(kinesis, "orders") == []
    assert len(open_shards(kinesis, "orders")) == 1
