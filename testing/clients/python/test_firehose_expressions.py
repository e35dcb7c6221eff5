"""jq expressions that never end, recurse without end or fill the memory: their records fail, nobody else notices."""

import base64
import json
import time

import psutil
import pytest

from harness.clients import client, refused
from harness.polling import eventually
from harness.s3 import body_of, keys_of, new_bucket, s3_client

ENDLESS = {
    "a loop": "def f: f; f",
    "a recursion": "def f: 1 + f; {k: f}",
    "a long range": "{k: ([range(1e12)] | length)}",
    "a repetition": "{k: ([repeat(.)] | length)}",
    "a text that doubles": "{k: (reduce range(60) as $i (\"x\"; . + .) | length)}",
}


def make(firehose, account, bucket, name, expression):
    """A delivery stream whose partition keys an expression gives."""
    steps = {"MetadataExtractionQuery": expression, "JsonParsingEngine": "JQ-1.6"}
    parameters = [{"ParameterName": key, "ParameterValue": value} for key, value in steps.items()]
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{account}:role/firehose",
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 0},
            "Prefix": name + "/!{partitionKeyFromQuery:k}/",
            "ErrorOutputPrefix": "failed-" + name + "/!{firehose:error-output-type}/",
            "DynamicPartitioningConfiguration": {"Enabled": True},
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [{"Type": "MetadataExtraction", "Parameters": parameters}],
            },
        },
    )

    def probe():
        described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        return described["DeliveryStreamStatus"] == "ACTIVE"

    eventually(probe, what="the delivery stream to become ACTIVE")


def test_endless_expressions_fail_their_records_and_hold_nobody_up(servers, account):
    server = servers().start()
    firehose, s3 = client(server, account, "firehose"), s3_client(server, account)
    bucket = new_bucket(s3)
    for at, expression in enumerate(ENDLESS.values()):
        make(firehose, account, bucket, f"bad-{at}", expression)
        firehose.put_record_batch(DeliveryStreamName=f"bad-{at}", Records=[{"Data": b'{"n": 1}'}, {"Data": b"{}"}])
    make(firehose, account, bucket, "good", "{k: .k}")
    firehose.put_record(DeliveryStreamName="good", Record={"Data": b'{"k": "yes"}'})

    def lines(name):
        found = keys_of(s3, bucket, Prefix=f"failed-{name}/processing-failed/")
        return [json.loads(line) for key in found for line in body_of(s3, bucket, key).splitlines()]

    assert eventually(lambda: keys_of(s3, bucket, Prefix="good/yes/"), 60, what="the record of the good stream")
    for at, what in enumerate(ENDLESS):
        failed = eventually(lambda: lines(f"bad-{at}"), 90, every=0.5, what=f"the failures of {what}")
        assert sorted(base64.b64decode(line["rawData"]) for line in failed) == [b'{"n": 1}', b"{}"]
        assert {line["errorCode"] for line in failed} == {"DynamicPartitioning.MetadataExtractionFailed"}
        assert not keys_of(s3, bucket, Prefix=f"bad-{at}/")
    assert server.resident_bytes() < 400 << 20
    # Nothing goes on behind the scenes, and nothing is left of a server that is killed.
    children = psutil.Process(server.process.pid).children()
    before = sum(child.cpu_times().user for child in children)
    time.sleep(1)
    assert sum(child.cpu_times().user for child in children) - before < 0.3
    server.kill()
    psutil.wait_procs(children, timeout=10)
    assert not [child for child in children if child.is_running()]


def test_processes_reserve_no_addresses_because_their_limit_counts_them(servers, account):
    server = servers().start()
    make(client(server, account, "firehose"), account, "nowhere", "good", "{k: .k}")
    [worker] = psutil.Process(server.process.pid).children()
    assert worker.memory_info().vms < 256 << 20


def test_expressions_may_nest_as_deeply_as_their_length_allows(servers, account):
    server = servers().start()
    firehose, s3 = client(server, account, "firehose"), s3_client(server, account)
    bucket = new_bucket(s3)
    make(firehose, account, bucket, "deep", "{k: " + "(" * 2_500 + ".k" + ")" * 2_500 + "}")
    firehose.put_record(DeliveryStreamName="deep", Record={"Data": b'{"k": "yes"}'})
    assert eventually(lambda: keys_of(s3, bucket, Prefix="deep/yes/"), 60, what="the record")


@pytest.mark.parametrize("expression", ["{k: .k", "{k: nothing_of_that_name}"])
def test_expressions_that_cannot_be_run_are_refused(server, account, expression):
    firehose = client(server, account, "firehose")
    with refused("InvalidArgumentException") as seen:
        make(firehose, account, "nowhere", "bad", expression)
    assert "MetadataExtractionQuery" in seen[0]["Error"]["Message"]
    # The server lives.
    assert firehose.list_delivery_streams()["DeliveryStreamNames"] == []
