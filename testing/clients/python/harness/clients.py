"""boto3 clients for a server, streams to work on, and the refusals expected of it."""

import contextlib
import itertools
import os

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from .polling import eventually

REGION = "us-east-1"
# One session for all, which reads each service's model once.
_session = boto3.session.Session()
# A fresh account for each test keeps tests on one server apart: resources and quotas belong to accounts.
_accounts = itertools.count(int.from_bytes(os.urandom(4), "big") % 800_000_000 * 1000 + 100_000_000_000)


def new_account():
    """Twelve digits that no other test uses."""
    return str(next(_accounts))


def client(server, account, service="kinesis", region=REGION, secret="test", **config):
    """A client without retries, so that every refusal is seen; the access key is the account."""
    validate = config.pop("validate", True)
    url = config.pop("url", server.url)
    verify = config.pop("verify", None)
    token = config.pop("token", None)
    settings = {"retries": {"total_max_attempts": 1}, "read_timeout": 30, "connect_timeout": 5, **config}
    return _session.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key=secret,
        aws_session_token=token,
        verify=verify,
        config=Config(parameter_validation=validate, **settings),
    )


def active(kinesis, name, seconds=20.0):
    """Waits until the stream is ACTIVE and answers its summary."""

    def probe():
        try:
            summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        except kinesis.exceptions.LimitExceededException:
            return None
        return summary if summary["StreamStatus"] == "ACTIVE" else None

    return eventually(probe, seconds, every=0.05, what=f"stream {name} to become ACTIVE")


def make_stream(kinesis, name="orders", shards=1, **more):
    """Creates a stream, waits for it and answers its ARN."""
    count = {} if shards is None else {"ShardCount": shards}
    kinesis.create_stream(StreamName=name, **count, **more)
    return active(kinesis, name)["StreamARN"]


def make_consumer(kinesis, stream_arn, name="reader"):
    """Registers a consumer, waits for it and answers its ARN."""
    arn = kinesis.register_stream_consumer(StreamARN=stream_arn, ConsumerName=name)["Consumer"]["ConsumerARN"]

    def probe():
        consumer = kinesis.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]
        return consumer["ConsumerStatus"] == "ACTIVE"

    eventually(probe, what=f"consumer {name} to become ACTIVE")
    return arn


def shards_of(kinesis, name, **more):
    """All shards of a stream, by id."""
    # Not with boto3's paginator: it repeats the name beside the token, which AWS refuses.
    page = kinesis.list_shards(StreamName=name, **more)
    shards = page["Shards"]
    while "NextToken" in page:
        limit = {"MaxResults": more["MaxResults"]} if "MaxResults" in more else {}
        page = kinesis.list_shards(NextToken=page["NextToken"], **limit)
        shards += page["Shards"]
    return {shard["ShardId"]: shard for shard in shards}


def open_shards(kinesis, name):
    """The shards without an end, by id."""
    shards = shards_of(kinesis, name)
    return {id: shard for id, shard in shards.items() if "EndingSequenceNumber" not in shard["SequenceNumberRange"]}


def iterator(kinesis, name, shard="shardId-000000000000", kind="TRIM_HORIZON", **more):
    """A shard iterator."""
    answer = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType=kind, **more)
    return answer["ShardIterator"]


def read_from(kinesis, at, limit=10_000):
    """Everything from an iterator to the tip or the end of the shard: the records and the last answer."""
    records = []
    while True:
        answer = kinesis.get_records(ShardIterator=at, Limit=limit)
        records += answer["Records"]
        at = answer.get("NextShardIterator")
        if at is None or (not answer["Records"] and answer["MillisBehindLatest"] == 0):
            return records, answer


def read_shard(kinesis, name, shard="shardId-000000000000", kind="TRIM_HORIZON", **more):
    """Everything in a shard from a position on."""
    return read_from(kinesis, iterator(kinesis, name, shard, kind, **more))[0]


@contextlib.contextmanager
def refused(code, message=None, status=None):
    """The block must end in this AWS error; yields a list that then holds the parsed answer."""
    seen = []
    with pytest.raises(ClientError) as caught:
        yield seen
    answer = caught.value.response
    seen.append(answer)
    found = (answer["Error"]["Code"], answer["Error"].get("Message"))
    assert found[0] == code, f"expected {code}, the answer was {found}"
    if message is not None:
        assert found[1] == message
    expected = status if status is not None else (400 if code != "InternalFailure" else 500)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == expected, found
