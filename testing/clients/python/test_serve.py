"""The process itself: readiness, end, health, metrics, CORS, reset, TLS and HTTP/2."""

import json
import re
import socket
import ssl
import subprocess

import h2.connection
import h2.events

from harness.clients import active, client, iterator, make_stream, refused
from harness.polling import eventually
from harness.server import binary
from harness.subscription import Subscription
from harness.wire import JSON, TARGET, Wire, credentials, get

MIB = 1024 * 1024


def test_it_is_ready_at_once_and_ends_when_told(servers):
    server = servers().start()
    idle = server.resident_bytes()
    seconds = server.stop()
    print(
        f"ready after {server.ready_seconds * 1000:.0f} ms (to reach: 300), ended after {seconds * 1000:.0f} ms, "
        f"{idle / MIB:.1f} MiB resident when idle (to reach: 40)"
    )
    # Generous bounds: this is a debug build on a busy machine.
    assert server.ready_seconds < 1.5 and seconds < 2.0 and idle < 80 * MIB
    assert server.process.returncode == 0, server.errors
    assert len([line for line in server.lines if line.startswith("listening on http://127.0.0.1:")]) == 1


def test_it_ends_in_time_with_subscriptions_and_open_connections(servers, account):
    server = servers().start()
    kinesis = client(server, account)
    arn = make_stream(kinesis)
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    eventually(
        lambda: (
            kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE"
        )
    )
    put = kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"kept")
    with Subscription(kinesis, consumer) as subscription:
        subscription.records(1)
        idle = socket.create_connection(server.address)
        assert server.stop() < 2.0 and server.process.returncode == 0
        idle.close()
    server.start()
    kinesis = client(server, account)
    records = kinesis.get_records(ShardIterator=iterator(kinesis, "orders"))["Records"]
    assert [record["SequenceNumber"] for record in records] == [put["SequenceNumber"]]


def test_everything_survives_an_orderly_restart(servers, account):
    server = servers().start()
    kinesis = client(server, account)
    arn = make_stream(kinesis, "orders", 2, Tags={"a": "b"})
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=100)
    active(kinesis, "orders")
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    active(kinesis, "orders")
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    active(kinesis, "orders")
    at = iterator(kinesis, "orders", "shardId-000000000001")
    before = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    server.stop()
    server.start()
    kinesis = client(server, account)
    assert kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"] == before
    assert kinesis.list_tags_for_stream(StreamName="orders")["Tags"] == [{"Key": "a", "Value": "b"}]
    assert kinesis.list_stream_consumers(StreamARN=arn)["Consumers"][0]["ConsumerARN"] == consumer
    # An iterator is a value of the client's; a restart does not take it away.
    assert kinesis.get_records(ShardIterator=at)["Records"] == []


SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.eE+-]+|NaN|[+-]Inf)")


def metrics(server, account):
    """The account's samples from `/metrics`: name and other labels to value."""
    answer = get(server, "/metrics")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain")
    found = {}
    for line in answer.body.decode().splitlines():
        if line and not line.startswith("#"):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            labels = dict(re.findall(r'(\w+)="([^"]*)"', labels or ""))
            if labels.pop("account", None) == account:
                assert labels.pop("region") == "us-east-1"
                found[(name, *sorted(labels.values()))] = float(value)
    return found


def test_health_and_metrics_tell_what_happens(servers, account):
    server = servers().start()
    assert get(server, "/health").status == 200
    kinesis = client(server, account)
    make_stream(kinesis, "orders", 2)
    kinesis.put_records(
        StreamName="orders",
        Records=[
            {"PartitionKey": "a", "Data": b"12345", "ExplicitHashKey": "0"},
            {"PartitionKey": "b", "Data": b"123", "ExplicitHashKey": str(2**127)},
        ],
    )
    for shard in ("shardId-000000000000", "shardId-000000000001"):
        assert len(kinesis.get_records(ShardIterator=iterator(kinesis, "orders", shard))["Records"]) == 1
    found = metrics(server, account)
    for name, value in {
        "incoming_records_total": 2,
        "incoming_bytes_total": 10,
        "put_records_success_total": 1,
        "put_records_bytes_total": 10,
        "put_records_total_records_total": 2,
        "put_records_failed_records_total": 0,
        "get_records_records_total": 2,
        "get_records_bytes_total": 10,
        "get_records_success_total": 2,
        "get_records_latency_seconds_count": 2,
        "write_provisioned_throughput_exceeded_total": 0,
        "read_provisioned_throughput_exceeded_total": 0,
    }.items():
        assert found.get((f"aws_kinesis_{name}", "orders")) == value, (name, found)
    assert not any("shard_" in name for name, *_ in found), "shard-level metrics are off by default"
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingBytes", "OutgoingRecords"])
    active(kinesis, "orders")
    kinesis.put_record(StreamName="orders", PartitionKey="a", ExplicitHashKey="0", Data=b"xy")
    found = metrics(server, account)
    assert found["aws_kinesis_shard_incoming_bytes_total", "orders", "shardId-000000000000"] >= 3
    assert {name for name, *_ in found if "_shard_" in name} == {
        "aws_kinesis_shard_incoming_bytes_total",
        "aws_kinesis_shard_outgoing_records_total",
    }


def test_every_answer_carries_the_ids(server, account):
    answer = Wire(server, account).send("ListStreams", {})
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-amzn-requestid"])
    assert answer.headers["x-amz-id-2"] and answer.headers["date"]
    assert "x-amz-crc32" not in answer.headers
    assert answer.headers["content-type"] == JSON


def test_browsers_are_welcome(server, account):
    asked = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-amz-target",
    }
    preflight = get(server, "/", asked, method="OPTIONS")
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-max-age"] == "172800"
    assert preflight.headers["access-control-allow-methods"] == "POST"
    assert preflight.headers["access-control-allow-headers"] == "authorization,x-amz-target"
    answer = Wire(server, account).send("ListStreams", {}, headers={"Origin": "http://localhost:3000"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-amzn-RequestId" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in Wire(server, account).send("ListStreams", {}).headers


def test_reset_empties_the_server_where_it_is_allowed(server, servers, account):
    assert get(server, "/_millstream/reset", method="POST").status in (403, 404)
    open_to_it = servers("--allow-reset").start()
    kinesis, kms = client(open_to_it, account), client(open_to_it, account, "kms")
    make_stream(kinesis)
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"x")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert get(open_to_it, "/_millstream/reset", method="POST").status in (200, 204)
    assert kinesis.list_streams()["StreamNames"] == []
    with refused("NotFoundException"):
        kms.describe_key(KeyId=key)
    make_stream(kinesis)
    assert kinesis.get_records(ShardIterator=iterator(kinesis, "orders"))["Records"] == []
    open_to_it.kill()
    open_to_it.start()
    assert client(open_to_it, account).list_streams()["StreamNames"] == ["orders"]


def test_the_same_port_speaks_tls(server, account):
    secure = client(server, account, url=server.url.replace("http://", "https://"), verify=False)
    make_stream(secure)
    put = secure.put_record(StreamName="orders", PartitionKey="a", Data=b"secret")
    plain = client(server, account)
    at = iterator(plain, "orders", kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=put["SequenceNumber"])
    assert plain.get_records(ShardIterator=at)["Records"][0]["Data"] == b"secret"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(socket.create_connection(server.address), server_hostname="localhost") as connection:
        assert connection.selected_alpn_protocol() == "h2" and connection.version() in ("TLSv1.2", "TLSv1.3")


def test_http2_with_prior_knowledge_serves_streams_side_by_side(server, account):
    make_stream(client(server, account))
    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    with socket.create_connection(server.address, timeout=10) as wire:
        expected = {}
        for _ in range(50):
            stream = connection.get_next_available_stream_id()
            data = json.dumps({"StreamName": "orders", "PartitionKey": "k", "Data": "aGVsbG8="}).encode()
            headers = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "localhost")]
            headers += [("content-type", JSON), ("x-amz-target", f"{TARGET}.PutRecord")]
            headers += [(name.lower(), value) for name, value in credentials(account).items()]
            connection.send_headers(stream, headers)
            connection.send_data(stream, data, end_stream=True)
            expected[stream] = b""
        wire.sendall(connection.data_to_send())
        ended = set()
        while ended != set(expected):
            received = wire.recv(65536)
            assert received, "the server closed the connection"
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    assert dict(event.headers)[b":status"] == b"200"
                if isinstance(event, h2.events.DataReceived):
                    expected[event.stream_id] += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if isinstance(event, h2.events.StreamEnded):
                    ended.add(event.stream_id)
            wire.sendall(connection.data_to_send())
    numbers = {json.loads(body)["SequenceNumber"] for body in expected.values()}
    assert len(numbers) == 50


def test_curl_speaks_http2_with_prior_knowledge(server, account):
    headers = {**credentials(account), "Content-Type": JSON, "X-Amz-Target": f"{TARGET}.ListStreams"}
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command = [
        "curl",
        "-sS",
        "--http2-prior-knowledge",
        *words,
        "-d",
        "{}",
        "-w",
        "\n%{http_version} %{http_code}",
        server.url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    body, line = done.stdout.rsplit("\n", 1)
    assert line == "2 200", done
    assert json.loads(body) == {"HasMoreStreams": False, "StreamNames": [], "StreamSummaries": []}


def test_sts_tells_who_one_is(server, account):
    sts = client(server, account, "sts")
    identity = sts.get_caller_identity()
    assert identity["Account"] == account
    session = sts.get_session_token()["Credentials"]
    assert session["AccessKeyId"] and session["SecretAccessKey"] and session["SessionToken"]
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/reader", RoleSessionName="me")
    assert role["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/reader/me"


def test_wrong_flags_are_explained():
    for words in (["serve", "--limits", "sometimes"], ["serve", "--no-such-flag"], ["serve", "--listen", "nowhere"]):
        done = subprocess.run([str(binary()), *words], capture_output=True, text=True, timeout=20)
        assert done.returncode != 0 and words[1] in done.stderr + done.stdout and "panicked" not in done.stderr


def test_settings_come_from_a_file_as_well(servers, tmp_path, account):
    config = tmp_path / "millstream.toml"
    config.write_text('region = "eu-central-1"\naccount = "111122223333"\n')
    server = servers("--config", str(config)).start()
    kinesis = client(server, "not-an-account", region="eu-central-1")
    assert make_stream(kinesis) == "arn:aws:kinesis:eu-central-1:111122223333:stream/orders"
