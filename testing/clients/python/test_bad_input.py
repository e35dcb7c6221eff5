"""Bodies, numbers and connections that no honest client sends: AWS's error, bounded memory, nobody else notices."""

import json
import time

import cbor2
import pytest

from harness.clients import client, iterator, make_stream, new_account
from harness.wire import CBOR, JSON, Wire

MIB = 1024 * 1024
BAD_TYPES = [
    (
        {"StreamName": 5},
        "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
    ),
    ({"StreamName": True}, "class java.lang.Boolean can not be converted to an String"),
    ({"StreamName": ["a"]}, "Start of list found where not expected"),
    ({"StreamName": {"a": 1}}, "Start of structure or map found where not expected."),
    ({"StreamName": "a", "Limit": "5"}, "class java.lang.String can not be converted to an Integer"),
    ({"StreamName": "a", "Limit": True}, "class java.lang.Boolean can not be converted to an Integer"),
]


@pytest.fixture
def wire(server, account):
    """A connection to the shared server."""
    made = Wire(server, account)
    yield made
    made.close()


@pytest.mark.parametrize("index", range(len(BAD_TYPES)))
def test_wrong_types_are_named_as_aws_names_them(wire, index):
    body, message = BAD_TYPES[index]
    answer = wire.send("DescribeStream", body)
    assert (answer.status, answer.json()) == (400, {"__type": "SerializationException", "Message": message})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("abc", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        ("a~bc", "Invalid Base64 character: '~'"),
    ],
)
def test_wrong_base64_is_named(wire, data, message):
    message = f"'{data}' can not be converted to a Blob: {message}"
    answer = wire.send("PutRecord", {"StreamName": "a", "PartitionKey": "k", "Data": data})
    assert (answer.status, answer.json()) == (400, {"__type": "SerializationException", "Message": message})


GOOD = json.dumps({"StreamName": "orders", "Limit": 5}).encode()
BROKEN_JSON = {
    "truncated": GOOD[:-3],
    "cut in a string": GOOD[:9],
    "an array": b"[1, 2]",
    "a string": b'"orders"',
    "a number": b"5",
    "null": b"null",
    "two values": GOOD + GOOD,
    "not UTF-8": b'{"StreamName": "\xff\xfe"}',
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a lone surrogate": b'{"StreamName": "\\ud800"}',
    "a trailing comma": b'{"StreamName": "orders",}',
    "deep and cut": b'{"x":' * 20_000,
    "deep arrays": b'{"x":' + b"[" * 100_000,
    "zero bytes": b"\0" * 100,
    "CBOR under JSON's name": cbor2.dumps({"StreamName": "orders"}),
}


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_broken_json_is_a_serialization_error(wire, name):
    answer = wire.send("DescribeStream", BROKEN_JSON[name])
    assert answer.status == 400 and answer.code == "SerializationException", (answer.status, answer.body[:200])
    assert answer.headers["content-type"].startswith(JSON)
    # The connection is still good.
    assert wire.send("ListStreams", {}).status == 200


CBOR_GOOD = cbor2.dumps({"StreamName": "orders", "Limit": 5})
BROKEN_CBOR = {
    "truncated": CBOR_GOOD[:-4],
    "a break outside": b"\xff",
    "reserved length": b"\xbc\x00",
    "a huge map": b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
    "a huge string": b"\xa1\x7b\x7f\xff\xff\xff\xff\xff\xff\xff\x61",
    "a huge byte string": b"\xa1\x64Data\x5b\x00\x00\x00\xff\xff\xff\xff\xff\x61",
    "not UTF-8": b"\xa1\x6aStreamName\x62\xff\xfe",
    "an array": b"\x82\x01\x02",
    "deep arrays": b"\xa1\x61x" + b"\x81" * 100_000,
    "deep tags": b"\xa1\x61x" + b"\xc1" * 100_000 + b"\x00",
    "endless indefinite": b"\xbf\x61x\x9f" + b"\x01" * 1000,
    "a wrong type": cbor2.dumps({"StreamName": 5}),
    "bytes for text": cbor2.dumps({"StreamName": b"orders"}),
    "JSON under CBOR's name": GOOD,
    "bad chunks": b"\xa1\x6aStreamName\x7f\x01\xff",
}


@pytest.mark.parametrize("name", BROKEN_CBOR)
def test_broken_cbor_is_a_serialization_error(wire, name):
    answer = wire.send("DescribeStream", BROKEN_CBOR[name], content_type=CBOR)
    assert answer.status == 400, (answer.status, answer.body[:200])
    assert answer.headers["content-type"].startswith(CBOR)
    assert cbor2.loads(answer.body)["__type"] == "SerializationException"
    assert wire.send("ListStreams", {}).status == 200


def test_depth_is_survived(wire):
    # A member nobody knows is skipped, however deep; one that is known is refused.
    for body in (b'{"x":' * 20_000 + b"1" + b"}" * 20_000, b'{"StreamName":' + b"[" * 20_000 + b"]" * 20_000 + b"}"):
        answer = wire.send("DescribeStream", body)
        assert answer.status == 400 and answer.code in ("SerializationException", "InvalidArgumentException")
        assert wire.send("ListStreams", {}).status == 200


def test_cbor_is_spoken_both_ways(server, account, wire):
    make_stream(client(server, account))
    chunked = b"\xbf\x6aStreamName\x7f\x63ord\x63ers\xff\x6cPartitionKey\x61k\x64Data\x5f\x42he\x43llo\xff\xff"
    answer = wire.send("PutRecord", chunked, content_type=CBOR)
    assert answer.status == 200, answer.body
    put = cbor2.loads(answer.body)
    start = {"StreamName": "orders", "ShardId": put["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    at = cbor2.loads(wire.send("GetShardIterator", cbor2.dumps(start), content_type=CBOR).body)
    body = wire.send("GetRecords", cbor2.dumps(at), content_type=CBOR).body
    # The library would read tag 1 as seconds.
    record = cbor2.loads(body.replace(b"\xc1\x1b", b"\x1b"))["Records"][0]
    assert record["Data"] == b"hello" and record["SequenceNumber"] == put["SequenceNumber"]
    # Timestamps are tag 1 around integer milliseconds.
    at = body.index(b"ApproximateArrivalTimestamp") + len("ApproximateArrivalTimestamp")
    assert body[at : at + 2] == b"\xc1\x1b"
    assert abs(int.from_bytes(body[at + 2 : at + 10], "big") / 1000 - time.time()) < 60
    missing = wire.send("DescribeStream", cbor2.dumps({"StreamName": "nowhere"}), content_type=CBOR)
    assert missing.status == 400 and cbor2.loads(missing.body) == {
        "__type": "ResourceNotFoundException",
        "message": f"Stream nowhere under account {account} not found.",
    }


def test_unknown_targets_are_refused_at_the_door(wire):
    answer = wire.send("MakeCoffee", {})
    assert (answer.status, answer.code) == (400, "UnknownOperationException")
    answer = wire.send("ListStreams", {}, target="Kinesis_20991231")
    assert (answer.status, answer.code) == (400, "UnknownOperationException")
    answer = wire.send("x" * 5000, {})
    assert answer.status == 400
    answer = wire.send("ListStreams", b"")
    assert (answer.status, answer.code) == (400, "SerializationException")
    answer = wire.send("ListStreams", {}, content_type="text/plain")
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")
    answer = wire.send("ListStreams", {}, content_type="application/json")
    assert answer.status == 404 and answer.json() == {
        "Output": {"__type": "com.amazon.coral.service#UnknownOperationException"},
        "Version": "1.0",
    }
    denied = (
        b"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n"
        b"</AccessDeniedException>\n"
    )
    answer = wire.send(None, {}, content_type="text/plain")
    assert (answer.status, answer.body) == (403, denied)
    answer = wire.send("ListStreams", {}, method="PUT")
    assert (answer.status, answer.body) == (403, denied)


def test_credentials_must_be_there_in_some_form(wire):
    answer = wire.send("ListStreams", {}, headers={"Authorization": None, "X-Amz-Date": None})
    assert (answer.status, answer.code, answer.message) == (
        400,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )
    answer = wire.send("ListStreams", {}, headers={"Authorization": "AWS4-HMAC-SHA256 Signature=b, SignedHeaders=c"})
    assert (answer.status, answer.code) == (400, "IncompleteSignatureException")
    assert answer.message.startswith("Authorization header requires 'Credential' parameter. ")
    both = wire.send("ListStreams", {}, path="/?X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert (both.status, both.code, both.message) == (
        400,
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )


def test_forged_iterators_and_numbers_are_invalid(server, account, wire):
    kinesis = client(server, account)
    make_stream(kinesis)
    good = iterator(kinesis, "orders")
    for forged in (
        good[::-1],
        good[:-1],
        good.swapcase(),
        "A" * 512,
        "/" * 100,
        "AAAAAAAAAAE" + "A" * 200,
        "\u0000" * 5,
    ):
        answer = wire.send("GetRecords", {"ShardIterator": forged})
        assert (answer.status, answer.code, answer.message) == (
            400,
            "InvalidArgumentException",
            "Invalid ShardIterator.",
        ), forged
    answer = wire.send("GetRecords", {"ShardIterator": "A" * 513})
    assert (answer.status, answer.code) == (400, "ValidationException")
    start = {"StreamName": "orders", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
    for number in ("1", str(2**124), str(2**185), str(2**186 - 1), str(2**187), "9" * 129, str(3 << 184)):
        answer = wire.send("GetShardIterator", {**start, "StartingSequenceNumber": number})
        assert (answer.status, answer.code) in ((400, "InvalidArgumentException"), (500, "InternalFailure")), number
    answer = wire.send("GetShardIterator", {**start, "StartingSequenceNumber": "9" * 130})
    assert (answer.status, answer.code) == (400, "ValidationException")
    for shard in ("shardId-99999999999999999999", "shardId-2147483648", "shardId--1", "shardId-"):
        answer = wire.send("GetShardIterator", {**start, "ShardIteratorType": "LATEST", "ShardId": shard})
        assert (answer.status, answer.code) == (400, "ResourceNotFoundException"), shard


def test_an_iterator_of_a_deleted_stream_finds_nothing(kinesis):
    make_stream(kinesis)
    at = iterator(kinesis, "orders")
    kinesis.delete_stream(StreamName="orders")
    kinesis.get_waiter("stream_not_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.get_records(ShardIterator=at)


def test_extremes_of_numbers_and_times_are_survived(server, account, wire):
    kinesis = client(server, account)
    make_stream(kinesis)
    start = {"StreamName": "orders", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP"}
    for moment in (-1, -1e18, 0, 1e-9, 1e300, 9223372036854775807, 1.7976931348623157e308):
        answer = wire.send("GetShardIterator", {**start, "Timestamp": moment})
        assert answer.status in (200, 400), (moment, answer.body)
    for body in (b"1e400", b"-1e400", b"99999999999999999999999999999", b"0.1"):
        request = b'{"StreamName":"orders","Limit":' + body + b"}"
        answer = wire.send("DescribeStream", request)
        assert answer.status == 400 or body == b"0.1", (body, answer.body)
    answer = wire.send("CreateStream", {"StreamName": "x", "ShardCount": 2**31 - 1})
    assert (answer.status, answer.code) == (400, "LimitExceededException")
    answer = wire.send(
        "UpdateShardCount", {"StreamName": "orders", "TargetShardCount": 2**31 - 1, "ScalingType": "UNIFORM_SCALING"}
    )
    assert answer.status == 400


def test_thousands_of_streams_are_refused_at_the_quota(servers, account):
    server = servers("--shard-limit", "4", limits="aws").start()
    wire, other_account = Wire(server, account), new_account()
    other, worst = Wire(server, other_account), 0.0
    make_stream(client(server, account), "orders", 4)
    make_stream(client(server, other_account))
    before = server.resident_bytes()
    refusals = {}
    for number in range(5000):
        answer = wire.send("CreateStream", {"StreamName": f"tiny-{number}", "ShardCount": 1})
        assert (answer.status, answer.code) == (400, "LimitExceededException"), answer.body
        words = " ".join(answer.message.split()[:7])
        refusals[words] = refusals.get(words, 0) + 1
        if number % 100 == 0:
            began = time.monotonic()
            put = other.send("PutRecord", {"StreamName": "orders", "PartitionKey": "k", "Data": "aGk="})
            assert put.status == 200
            worst = max(worst, time.monotonic() - began)
    # Beyond five a second the rate refuses, the others the quota.
    assert refusals["This request would exceed the shard limit"] >= 1, refusals
    answer = client(server, account).list_streams()
    assert answer["StreamNames"] == ["orders"]
    grown = server.resident_bytes() - before
    print(f"5,000 refusals: {grown / MIB:.1f} MiB more resident, others waited {worst * 1000:.0f} ms at most")
    assert grown < 40 * MIB and worst < 2


def test_a_stream_of_a_hundred_thousand_shards_is_refused_without_limits_too(server, account):
    before = server.resident_bytes()
    answer = Wire(server, account).send("CreateStream", {"StreamName": "huge", "ShardCount": 100_000})
    assert (answer.status, answer.code) == (400, "LimitExceededException"), answer.body
    assert server.resident_bytes() - before < 40 * MIB
