"""kill -9 between producers and an HTTP endpoint that misbehaves: nothing acknowledged is lost, repeats can be told."""

import collections
import json
import random
import threading
import time

import pytest
from test_firehose_kill import RECORD, ROLE, Writer, firehose_sender

from harness.clients import client
from harness.endpoint import GOOD, Endpoint
from harness.polling import eventually
from harness.s3 import keys_of, new_bucket, s3_client

ROUNDS = 20
LOAD_SECONDS = 1.0
MISDEEDS = 0.35


@pytest.fixture
def endpoint():
    """An endpoint that takes two requests out of three."""
    made = Endpoint(seed=20261121, misdeeds=MISDEEDS)
    yield made
    made.close()


def make_delivery(server, account, url, bucket, encoding):
    """A delivery stream that sends at once, and tries again for an hour."""
    firehose = client(server, account, "firehose")
    firehose.create_delivery_stream(
        DeliveryStreamName=encoding.lower(),
        HttpEndpointDestinationConfiguration={
            "EndpointConfiguration": {"Url": url, "AccessKey": "secret"},
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
            "RequestConfiguration": {"ContentEncoding": encoding},
            "RetryOptions": {"DurationInSeconds": 3600},
            "S3BackupMode": "FailedDataOnly",
            "S3Configuration": {"RoleARN": ROLE.format(account), "BucketARN": f"arn:aws:s3:::{bucket}"},
        },
    )

    def probe():
        described = firehose.describe_delivery_stream(DeliveryStreamName=encoding.lower())
        return described["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE"

    eventually(probe, what="the delivery stream to become ACTIVE")


def records_of(requests):
    """How often every record is in the requests."""
    found = collections.Counter()
    for request in requests:
        for data in request.records:
            match = RECORD.fullmatch(data)
            assert match, f"{data[:80]} is no record that was sent"
            found[(match.group(1).decode(), int(match.group(2)))] += 1
    return found


def test_nothing_acknowledged_is_lost_between_producers_and_a_flaky_endpoint(servers, account, endpoint):
    chance = random.Random(20261121)
    server = servers()
    server.start()
    bucket = new_bucket(s3_client(server, account))
    for encoding in ("GZIP", "NONE"):
        make_delivery(server, account, endpoint.url, bucket, encoding)
    acknowledged, began, restarts = set(), time.monotonic(), []
    for round in range(ROUNDS):
        stop = threading.Event()
        firehose = client(server, account, "firehose", read_timeout=5)
        writers = [
            Writer(f"{name}{round}", round * 10 + seed, stop, firehose_sender(firehose, stream))
            for seed, (name, stream) in enumerate([("g", "gzip"), ("n", "none")])
        ]
        for writer in writers:
            writer.start()
        stop.wait(LOAD_SECONDS * chance.uniform(0.3, 1.7))
        server.kill()
        stop.set()
        for writer in writers:
            writer.join(10)
            assert not writer.is_alive(), f"round {round}: a writer hangs"
            assert writer.trouble is None, f"round {round}: {writer.trouble!r}"
            acknowledged |= writer.acknowledged
        server.start()
        restarts.append(server.ready_seconds)
    endpoint.misdeeds = 0.0
    assert len(acknowledged) > ROUNDS, "too little was acknowledged to prove anything"
    eventually(lambda: acknowledged <= records_of(endpoint.requests()[1]).keys(), 180, every=0.5, what="all records")
    seen, taken = endpoint.requests()
    # A request that comes again under its id is the same request: an endpoint that remembers ids gets everything once.
    by_id = {}
    for request in seen:
        first = by_id.setdefault(request.id, request)
        assert request.records == first.records, f"request {request.id} changed"
    once = records_of({request.id: request for request in taken}.values())
    assert not [record for record, count in once.items() if count > 1], "a record came under two request ids"
    assert not keys_of(s3_client(server, account), bucket), "nothing was given up"
    twice = sum(count - 1 for count in records_of(taken).values())
    summary = {
        "acknowledged": len(acknowledged),
        "delivered": len(once),
        "repeated": twice,
        "requests": len(seen),
        "requests taken": len(taken),
        "of them different": len({request.id for request in taken}),
    }
    deeds = {deed: count for deed, count in endpoint.deeds.items() if deed != GOOD}
    print(
        f"{ROUNDS} kills in {time.monotonic() - began:.0f} s, slowest restart {max(restarts):.2f} s: "
        f"{json.dumps(summary)}, misdeeds {json.dumps(deeds)}"
    )
