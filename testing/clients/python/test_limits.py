"""AWS's limits, on by default: what is refused, with which words, and that it passes again."""

import time

import pytest

from harness.clients import (
    active,
    client,
    iterator,
    make_consumer,
    make_stream,
    new_account,
    open_shards,
    read_shard,
    refused,
)
from harness.polling import eventually
from harness.server import Server
from harness.subscription import Subscription

ZERO = "shardId-000000000000"
ONE_MIB = 1024 * 1024
SLOW = "ProvisionedThroughputExceededException"


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A server as it is by default."""
    with Server(tmp_path_factory.mktemp("limited"), limits="aws") as started:
        yield started


@pytest.fixture
def tight(limited, account):
    """A client of the server with limits."""
    return client(limited, account)


def rate_message(account):
    """The text of a throttled shard."""
    return f"Rate exceeded for shard {ZERO} in stream orders under account {account}."


def until_refused(call, attempts=2000):
    """Calls until it is refused: the refusal, how many went through, and the seconds it took."""
    began = time.monotonic()
    for passed in range(attempts):
        try:
            call()
        except Exception as error:
            return error.response["Error"], passed, time.monotonic() - began
    raise AssertionError(f"{attempts} calls went through in {time.monotonic() - began} s")


def test_a_thousand_records_a_second_and_the_rest_fails_one_by_one(tight, account):
    make_stream(tight)
    accepted, failed = [], []
    began = time.monotonic()
    while not failed:
        entries = [{"PartitionKey": "a", "Data": b"%d" % number} for number in range(500)]
        answer = tight.put_records(StreamName="orders", Records=entries)
        passed = [entry for entry in answer["Records"] if "SequenceNumber" in entry]
        failed = [entry for entry in answer["Records"] if "SequenceNumber" not in entry]
        assert answer["FailedRecordCount"] == len(failed)
        accepted += passed
        assert time.monotonic() - began < 20, "nothing was throttled"
    elapsed = time.monotonic() - began
    for entry in failed:
        assert entry == {"ErrorCode": SLOW, "ErrorMessage": rate_message(account)}
    assert 1000 <= len(accepted) <= 1000 * (elapsed + 1) + 1

    def pass_again():
        entries = [{"PartitionKey": "a", "Data": b"again"}]
        answer = tight.put_records(StreamName="orders", Records=entries)
        return answer["FailedRecordCount"] == 0 and answer["Records"]

    accepted += eventually(pass_again, 5, what="the shard to accept again")
    records = eventually(lambda: read_slowly(tight, len(accepted)), 20)
    assert [record["SequenceNumber"] for record in records] == [entry["SequenceNumber"] for entry in accepted]


def read_slowly(kinesis, count):
    """Reads a shard from its beginning in one call, where the read limits allow it."""
    try:
        records = kinesis.get_records(ShardIterator=iterator(kinesis, "orders"))["Records"]
    except kinesis.exceptions.ProvisionedThroughputExceededException:
        return None
    return records if len(records) == count else None


def test_one_mebibyte_a_second_goes_into_a_shard(tight, account):
    make_stream(tight)
    error, passed, seconds = until_refused(
        lambda: tight.put_record(StreamName="orders", PartitionKey="a", Data=b"x" * (300 * 1024)), 200
    )
    assert (error["Code"], error["Message"]) == (SLOW, rate_message(account))
    # The last record may overdraw what is left of the second's worth.
    assert 3 <= passed and (passed - 1) * 300 * 1024 <= ONE_MIB * (seconds + 1)

    def pass_again():
        try:
            return tight.put_record(StreamName="orders", PartitionKey="a", Data=b"x" * (300 * 1024))
        except tight.exceptions.ProvisionedThroughputExceededException:
            return None

    eventually(pass_again, 5, what="the shard to accept again")


def test_the_limit_is_each_shards_own(tight, account):
    make_stream(tight, "orders", 2)
    put = {"StreamName": "orders", "PartitionKey": "a", "Data": b"x" * (500 * 1024)}
    until_refused(lambda: tight.put_record(ExplicitHashKey="0", **put), 100)
    assert tight.put_record(ExplicitHashKey=str(2**127), **put)["ShardId"] == "shardId-000000000001"


def test_five_reads_a_second(tight, account):
    make_stream(tight)
    at = iterator(tight, "orders")
    error, passed, seconds = until_refused(lambda: tight.get_records(ShardIterator=at), 200)
    assert (error["Code"], error["Message"]) == (SLOW, rate_message(account))
    assert 5 <= passed <= 5 * (seconds + 1) + 1
    eventually(lambda: allowed(lambda: tight.get_records(ShardIterator=at)), 5, what="reads to pass again")


def allowed(call):
    """Whether the call passes the limits."""
    try:
        call()
    except Exception as error:
        assert error.response["Error"]["Code"] in (SLOW, "LimitExceededException"), error
        return False
    return True


def test_a_page_of_ten_mebibytes_costs_five_seconds(servers, account):
    filled = servers()
    with filled:
        kinesis = client(filled, account)
        make_stream(kinesis)
        for _ in range(3):
            entries = [{"PartitionKey": "a", "Data": b"x" * 1_000_000} for _ in range(5)]
            assert kinesis.put_records(StreamName="orders", Records=entries)["FailedRecordCount"] == 0
        filled.stop()
    with servers(limits="aws") as limited:
        kinesis = client(limited, account)
        first = kinesis.get_records(ShardIterator=iterator(kinesis, "orders"))
        began = time.monotonic()
        assert sum(len(record["Data"]) for record in first["Records"]) > 9 * ONE_MIB
        with refused(SLOW, rate_message(account)):
            kinesis.get_records(ShardIterator=first["NextShardIterator"])
        second = eventually(
            lambda: allowed(lambda: kinesis.get_records(ShardIterator=first["NextShardIterator"])), 10, every=0.25
        )
        assert second and 3.5 <= time.monotonic() - began <= 6.5


CONTROL_RATES = {
    "describe_limits": (1, lambda kinesis: kinesis.describe_limits()),
    "list_streams": (5, lambda kinesis: kinesis.list_streams()),
    "describe_stream": (10, lambda kinesis: kinesis.describe_stream(StreamName="orders")),
    "describe_stream_summary": (20, lambda kinesis: kinesis.describe_stream_summary(StreamName="orders")),
    "list_tags_for_stream": (5, lambda kinesis: kinesis.list_tags_for_stream(StreamName="orders")),
    "describe_account_settings": (5, lambda kinesis: kinesis.describe_account_settings()),
}


@pytest.mark.parametrize("name", CONTROL_RATES)
def test_control_calls_have_a_rate(limited, tight, name):
    rate, call = CONTROL_RATES[name]
    make_stream(tight)
    # What the creation used up comes back.
    eventually(lambda: allowed(lambda: call(tight)), 3, every=0.3)
    error, passed, seconds = until_refused(lambda: call(tight), 500)
    assert error["Code"] == "LimitExceededException", error
    assert passed <= rate * (seconds + 1) + 1
    # Another account does not notice.
    other = client(limited, new_account())
    assert other.list_streams()["StreamNames"] == []
    eventually(lambda: allowed(lambda: call(tight)), 5, what="the rate to recover")


def quota_message(account, current, limit, more):
    """The text of the shard quota."""
    return (
        f"This request would exceed the shard limit for the account {account} in us-east-1. Current shard count for "
        f"the account: {current}. Limit: {limit}. Number of additional shards that would have resulted from this "
        f"request: {more}. Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request "
        "higher limits."
    )


def test_the_shard_quota_is_told_with_all_its_numbers(tight, account):
    with refused("LimitExceededException", quota_message(account, 0, 500, 100_000)):
        tight.create_stream(StreamName="huge", ShardCount=100_000)
    make_stream(tight, "orders", 499)
    limits = eventually(lambda: quietly(tight.describe_limits), 5, every=0.2)
    assert (limits["ShardLimit"], limits["OpenShardCount"]) == (500, 499)
    with refused("LimitExceededException", quota_message(account, 499, 500, 2)):
        tight.create_stream(StreamName="more", ShardCount=2)
    make_stream(tight, "last", 1)
    with refused("LimitExceededException", quota_message(account, 500, 500, 1)):
        tight.split_shard(StreamName="last", ShardToSplit=ZERO, NewStartingHashKey="77")


def quietly(call):
    """The answer, or None where the rate is exceeded."""
    try:
        return call()
    except Exception as error:
        assert error.response["Error"]["Code"] == "LimitExceededException", error
        return None


def test_only_five_streams_are_created_at_once(servers, account):
    slow = servers("--transitions", "aws", limits="aws").start()
    kinesis = client(slow, account)
    for number in range(5):
        create = {"StreamName": f"stream-{number}", "ShardCount": 1}
        eventually(lambda create=create: quietly(lambda: kinesis.create_stream(**create)), 2, every=0.1)

    def creating():
        states = [one["StreamStatus"] for one in kinesis.list_streams()["StreamSummaries"]]
        return states.count("CREATING")

    assert creating() == 5, "CREATING is to last for seconds with AWS's transitions"
    refusals = set()
    began = time.monotonic()
    while time.monotonic() - began < 1.5:
        with refused("LimitExceededException") as seen:
            kinesis.create_stream(StreamName="sixth", ShardCount=1)
        refusals.add(seen[0]["Error"]["Message"])
    assert any("CREATING" in message for message in refusals), refusals
    summary = kinesis.describe_stream_summary(StreamName="stream-0")["StreamDescriptionSummary"]
    if summary["StreamStatus"] == "CREATING":
        assert "OpenShardCount" not in summary or summary["OpenShardCount"] == 0
    with refused("ResourceInUseException") as seen:
        kinesis.split_shard(StreamName="stream-4", ShardToSplit=ZERO, NewStartingHashKey="77")
    assert seen[0]["Error"]["Message"] == (
        f"Stream stream-4 under account {account} not ACTIVE, instead in state CREATING"
    )
    eventually(lambda: creating() == 0, 15, every=0.2, what="the five to become ACTIVE")
    kinesis.create_stream(StreamName="sixth", ShardCount=1)


@pytest.mark.parametrize(("shards", "target"), [(2, 5), (4, 1), (10, 4)])
def test_a_shard_count_may_not_jump(tight, shards, target):
    make_stream(tight, "orders", shards)
    with refused("LimitExceededException") as seen:
        tight.update_shard_count(StreamName="orders", TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    assert "your current open shard count" in seen[0]["Error"]["Message"]
    assert len(open_shards(tight, "orders")) == shards


def test_warm_throughput_needs_the_commitment(tight):
    arn = make_stream(tight, "orders", None, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    with refused("InvalidArgumentException"):
        tight.update_stream_warm_throughput(StreamARN=arn, WarmThroughputMiBps=16)
    enabled = tight.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    assert enabled["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED"
    assert "EarliestAllowedEndAt" in enabled["MinimumThroughputBillingCommitment"]
    tight.update_stream_warm_throughput(StreamARN=arn, WarmThroughputMiBps=16)
    summary = active(tight, "orders")
    assert summary["WarmThroughput"]["TargetMiBps"] == 16
    early = tight.update_account_settings(MinimumThroughputBillingCommitment={"Status": "DISABLED"})
    assert early["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED_UNTIL_EARLIEST_ALLOWED_END"


def test_ten_changes_of_the_shard_count_a_day(servers, account):
    limited = servers(limits="aws").start()
    kinesis = client(limited, account)
    make_stream(kinesis)
    for round in range(10):
        target = 2 if round % 2 == 0 else 1
        kinesis.update_shard_count(StreamName="orders", TargetShardCount=target, ScalingType="UNIFORM_SCALING")
        eventually(lambda: quietly(lambda: active(kinesis, "orders")), 10, every=0.1)
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        with refused("LimitExceededException"):
            kinesis.update_shard_count(StreamName="orders", TargetShardCount=2, ScalingType="UNIFORM_SCALING")


def test_three_mode_switches_a_day_are_one_too_many(tight, account):
    arn = make_stream(tight)
    for mode in ("ON_DEMAND", "PROVISIONED"):
        tight.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        eventually(lambda: quietly(lambda: active(tight, "orders")), 10, every=0.1)
    with refused("LimitExceededException", f"Rate exceeded for stream orders under account {account}."):
        tight.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})


def test_twenty_consumers_a_stream(tight):
    arn = make_stream(tight)

    def register(name):
        return quietly(lambda: tight.register_stream_consumer(StreamARN=arn, ConsumerName=name))

    for number in range(20):
        eventually(lambda name=f"reader-{number}": register(name), 5, every=0.1, what=f"consumer {number}")
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        assert register("reader-20") is None
    listed = eventually(lambda: quietly(lambda: tight.list_stream_consumers(StreamARN=arn)), 5, every=0.2)
    assert len(listed["Consumers"]) == 20


def test_a_consumer_has_two_mebibytes_a_second_of_its_own(servers, account):
    filled = servers()
    with filled:
        kinesis = client(filled, account)
        arn = make_stream(kinesis)
        consumer = make_consumer(kinesis, arn)
        for _ in range(2):
            entries = [{"PartitionKey": "a", "Data": b"x" * 1_000_000} for _ in range(5)]
            kinesis.put_records(StreamName="orders", Records=entries)
        filled.stop()
    with servers(limits="aws") as limited:
        kinesis = client(limited, account)
        with Subscription(kinesis, consumer) as subscription:
            began = time.monotonic()
            subscription.records(10, seconds=30)
            # 10 MB at 2 MiB/s; the first seconds' worth may come at once.
            assert 2.0 <= time.monotonic() - began <= 12.0


def test_limits_can_be_switched_off(kinesis):
    make_stream(kinesis)
    began = time.monotonic()
    for _ in range(6):
        entries = [{"PartitionKey": "a", "Data": b"x" * 4000} for _ in range(500)]
        assert kinesis.put_records(StreamName="orders", Records=entries)["FailedRecordCount"] == 0
    assert time.monotonic() - began < 11, "12 MB in 3,000 records may not take the time that limits would impose"
    for _ in range(30):
        kinesis.describe_limits()
        kinesis.get_records(ShardIterator=iterator(kinesis, "orders"), Limit=1)
    assert len(read_shard(kinesis, "orders")) == 3000
