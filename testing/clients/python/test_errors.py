"""What Kinesis answers to requests it cannot carry out, in its own words."""

import time

import pytest

from harness.clients import client, iterator, make_stream, new_account, refused
from harness.sequence import HASH_KEY_END

ZERO = "shardId-000000000000"
# Where the texts differ only in the account, it stands as <acct>.
MISSING = "Stream nowhere under account <acct> not found."
NAMES = "[a-zA-Z0-9_.-]+"


def one(value, path, constraint):
    """The validation text for one broken constraint."""
    shown = "null" if value is None else f"'{value}'"
    return f"1 validation error detected: Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def violations(message):
    """The count that a validation text names and, sorted, the violations it lists."""
    count, _, listed = message.partition(" detected: ")
    return count, sorted(listed.split("; "))


MISSING_STREAM = {
    "describe_stream": {},
    "describe_stream_summary": {},
    "delete_stream": {},
    "list_shards": {},
    "put_record": {"PartitionKey": "a", "Data": b""},
    "put_records": {"Records": [{"PartitionKey": "a", "Data": b""}]},
    "split_shard": {"ShardToSplit": ZERO, "NewStartingHashKey": "5"},
    "merge_shards": {"ShardToMerge": ZERO, "AdjacentShardToMerge": "shardId-000000000001"},
    "update_shard_count": {"TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"},
    "increase_stream_retention_period": {"RetentionPeriodHours": 25},
    "decrease_stream_retention_period": {"RetentionPeriodHours": 24},
    "enable_enhanced_monitoring": {"ShardLevelMetrics": ["ALL"]},
    "disable_enhanced_monitoring": {"ShardLevelMetrics": ["ALL"]},
    "add_tags_to_stream": {"Tags": {"a": "b"}},
    "remove_tags_from_stream": {"TagKeys": ["a"]},
    "list_tags_for_stream": {},
    "start_stream_encryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    "stop_stream_encryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
}


@pytest.mark.parametrize("method", MISSING_STREAM)
def test_a_missing_stream_is_named(kinesis, account, method):
    with refused("ResourceNotFoundException", MISSING.replace("<acct>", account)):
        getattr(kinesis, method)(StreamName="nowhere", **MISSING_STREAM[method])


@pytest.mark.parametrize("method", [name for name in MISSING_STREAM if name not in ("list_shards",)])
def test_a_stream_must_be_named(kinesis, method):
    message = "Stream arn and stream name can't be empty at the same time"
    with refused("InvalidArgumentException", message):
        getattr(kinesis, method)(**MISSING_STREAM[method])


def test_list_shards_wants_a_stream_or_a_token(kinesis):
    with refused("InvalidArgumentException", "Either NextToken or StreamName should be provided."):
        kinesis.list_shards()


LIMITS_OF_MEMBERS = [
    ("create_stream", {"ShardCount": 1}, one(None, "streamName", "Member must not be null")),
    (
        "create_stream",
        {"StreamName": "", "ShardCount": 0},
        "3 validation errors detected: Value '0' at 'shardCount' failed to satisfy constraint: Member must have value "
        "greater than or equal to 1; Value '' at 'streamName' failed to satisfy constraint: Member must satisfy "
        f"regular expression pattern: {NAMES}; Value '' at 'streamName' failed to satisfy constraint: Member must have "
        "length greater than or equal to 1",
    ),
    (
        "create_stream",
        {"StreamName": "a b", "ShardCount": 1},
        one("a b", "streamName", f"Member must satisfy regular expression pattern: {NAMES}"),
    ),
    (
        "describe_stream",
        {"StreamName": "x" * 129},
        one("x" * 129, "streamName", "Member must have length less than or equal to 128"),
    ),
    (
        "describe_stream",
        {"StreamName": "x", "Limit": 10001},
        one("10001", "limit", "Member must have value less than or equal to 10000"),
    ),
    (
        "get_shard_iterator",
        {"StreamName": "x", "ShardId": ZERO, "ShardIteratorType": "NEWEST"},
        one(
            "NEWEST",
            "shardIteratorType",
            "Member must satisfy enum value set: "
            "[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
        ),
    ),
    (
        "enable_enhanced_monitoring",
        {"StreamName": "x", "ShardLevelMetrics": ["INVALID"]},
        one(
            "[INVALID]",
            "shardLevelMetrics",
            "Member must satisfy constraint: [Member must satisfy enum value set: [ALL, IteratorAgeMilliseconds, "
            "IncomingBytes, WriteProvisionedThroughputExceeded, OutgoingRecords, ReadProvisionedThroughputExceeded, "
            "IncomingRecords, OutgoingBytes]]",
        ),
    ),
    (
        "put_record",
        {"StreamName": "x", "PartitionKey": "", "Data": b""},
        one("", "partitionKey", "Member must have length greater than or equal to 1"),
    ),
    (
        "put_record",
        {"StreamName": "x", "PartitionKey": "k", "Data": b"", "ExplicitHashKey": "-1"},
        one("-1", "explicitHashKey", r"Member must satisfy regular expression pattern: ^(0|([1-9]\d{0,38}))$"),
    ),
    (
        "put_record",
        {"StreamName": "x", "PartitionKey": "k", "Data": b"x" * 10485761},
        one(
            "java.nio.HeapByteBuffer[pos=0 lim=10485761 cap=10485761]",
            "data",
            "Member must have length less than or equal to 10485760",
        ),
    ),
    (
        "get_records",
        {"ShardIterator": "x", "Limit": 10001},
        one("10001", "limit", "Member must have value less than or equal to 10000"),
    ),
    (
        "add_tags_to_stream",
        {"StreamName": "x", "Tags": {}},
        one("{}", "tags", "Member must have length greater than or equal to 1"),
    ),
    (
        "split_shard",
        {"StreamName": "x", "ShardToSplit": ZERO, "NewStartingHashKey": "1.5"},
        one("1.5", "newStartingHashKey", r"Member must satisfy regular expression pattern: ^(0|([1-9]\d{0,38}))$"),
    ),
]


@pytest.mark.parametrize("index", range(len(LIMITS_OF_MEMBERS)))
def test_broken_constraints_are_listed(lax, index):
    method, arguments, message = LIMITS_OF_MEMBERS[index]
    with refused("ValidationException") as seen:
        getattr(lax, method)(**arguments)
    # Where several are broken, their order is not known for every operation.
    assert violations(seen[0]["Error"]["Message"]) == violations(message)


def test_names_and_arns_must_agree(kinesis, account):
    arn = make_stream(kinesis)
    message = "Input stream name other doesn't match the inferred name in stream arn orders"
    with refused("InvalidArgumentException", message):
        kinesis.describe_stream_summary(StreamName="other", StreamARN=arn)
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    message = f"The region specified in the ARN '{elsewhere}' does not match the endpoint region"
    with refused("InvalidArgumentException", message):
        kinesis.describe_stream_summary(StreamARN=elsewhere)
    with refused("ValidationException") as seen:
        kinesis.describe_stream_summary(StreamName=arn)
    assert NAMES in seen[0]["Error"]["Message"]
    with refused("ResourceNotFoundException", MISSING.replace("<acct>", account)):
        kinesis.describe_stream_summary(StreamARN=arn.replace("orders", "nowhere"))


def test_missing_shards_are_named(kinesis, account):
    make_stream(kinesis)
    with refused(
        "ResourceNotFoundException",
        f"Shard shardId-000000000009 in stream orders under account {account} does not exist",
    ):
        iterator(kinesis, "orders", "shardId-000000000009")
    with refused(
        "ResourceNotFoundException", f"Could not find shard shard-x in stream orders under account {account}."
    ):
        iterator(kinesis, "orders", "shard-x")
    with refused(
        "ResourceNotFoundException", f"Could not find shard shard-x in stream orders under account {account}."
    ):
        kinesis.split_shard(StreamName="orders", ShardToSplit="shard-x", NewStartingHashKey="5")


def test_positions_and_numbers_must_fit_together(kinesis, account):
    make_stream(kinesis, "orders", 2)
    put = kinesis.put_record(StreamName="orders", PartitionKey="a", ExplicitHashKey="0", Data=b"")
    number = put["SequenceNumber"]
    rule = (
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
        "(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified "
    )
    with refused("InvalidArgumentException", f"{rule}LATEST and also a StartingSequenceNumber."):
        iterator(kinesis, "orders", kind="LATEST", StartingSequenceNumber=number)
    with refused("InvalidArgumentException", f"{rule}AT_SEQUENCE_NUMBER and no StartingSequenceNumber."):
        iterator(kinesis, "orders", kind="AT_SEQUENCE_NUMBER")
    message = (
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
        "Current request has no timestamp parameter."
    )
    with refused("InvalidArgumentException", message):
        iterator(kinesis, "orders", kind="AT_TIMESTAMP")
    with refused("InvalidArgumentException") as seen:
        iterator(kinesis, "orders", kind="AT_TIMESTAMP", Timestamp=time.time() + 1000)
    assert seen[0]["Error"]["Message"].startswith(
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: "
    )
    message = (
        f"Invalid StartingSequenceNumber. It encodes {ZERO}, "
        "while it was used in a call to a shard with shardId-000000000001"
    )
    with refused("InvalidArgumentException", message):
        iterator(kinesis, "orders", "shardId-000000000001", "AT_SEQUENCE_NUMBER", StartingSequenceNumber=number)
    with refused("InvalidArgumentException"):
        iterator(kinesis, "orders", kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber="5")
    with refused("InvalidArgumentException") as seen:
        iterator(kinesis, "orders", kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber="0")
    assert "21267647932558653966460912964485513216" in seen[0]["Error"]["Message"]
    assert seen[0]["Error"]["Message"].endswith("because it did not come from this stream.")


def test_numbers_of_another_stream_are_refused(kinesis, account):
    make_stream(kinesis, "orders")
    make_stream(kinesis, "elder")
    # Streams created within the same second cannot be told apart by the number alone, with AWS neither.
    foreign = "49590338271490256608559692538361571095921575989136588800"
    old = 2 << 184 | 1_500_000_000 << 148 | 5 << 80 | 1_600_000_000 << 36 | 0 << 4 | 2
    with refused("InvalidArgumentException") as seen:
        iterator(kinesis, "orders", kind="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=str(old))
    assert seen[0]["Error"]["Message"] == (
        f"StartingSequenceNumber {old} used in GetShardIterator on shard {ZERO} in stream orders under account "
        f"{account} is invalid because it did not come from this stream."
    )
    with refused("InvalidArgumentException"):
        iterator(kinesis, "orders", kind="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=foreign)


def test_explicit_hash_keys_stay_below_two_to_the_128(kinesis):
    make_stream(kinesis)
    too_high = str(HASH_KEY_END + 1)
    message = (
        f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {too_high}"
    )
    with refused("InvalidArgumentException", message):
        kinesis.put_record(StreamName="orders", PartitionKey="a", ExplicitHashKey=too_high, Data=b"")


def test_garbage_iterators_and_tokens_are_invalid(kinesis):
    arn = make_stream(kinesis)
    good = iterator(kinesis, "orders")
    assert len(good) <= 512
    flipped = good[:40] + ("A" if good[40] != "A" else "B") + good[41:]
    for bad in ("x", "AAAA", good[:-8], flipped, good + "AAAA"):
        with refused("InvalidArgumentException", "Invalid ShardIterator."):
            kinesis.get_records(ShardIterator=bad)
    with refused("InvalidArgumentException", "Invalid NextToken."):
        kinesis.list_streams(NextToken="garbage")
    both = "ExclusiveStartStreamName and NextToken cannot be provided together."
    with refused("InvalidArgumentException", both):
        kinesis.list_streams(NextToken="garbage", ExclusiveStartStreamName="a")
    for call in (
        lambda: kinesis.list_shards(NextToken="garbage"),
        lambda: kinesis.list_stream_consumers(StreamARN=arn, NextToken="garbage"),
    ):
        with refused("InvalidArgumentException"):
            call()


def test_iterators_belong_to_their_account(server, kinesis):
    make_stream(kinesis)
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"secret")
    at = iterator(kinesis, "orders")
    stranger = client(server, new_account())
    with pytest.raises(stranger.exceptions.ClientError):
        stranger.get_records(ShardIterator=at)
