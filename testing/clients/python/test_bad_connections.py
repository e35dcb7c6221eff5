"""Connections that no honest client makes: garbage, promises, silence. Memory stays bounded, and others are served."""

import json
import socket
import threading
import time

import h2.connection
import h2.settings
import pytest

from harness.clients import client, iterator, make_stream
from harness.polling import eventually
from harness.wire import JSON, TARGET, Wire, credentials, get, raw

MIB = 1024 * 1024


def test_oversized_bodies_are_refused_and_not_kept(server, account):
    before = server.resident_bytes()
    host, port = server.address
    # The length alone is enough to know.
    head = request_head(account, 10**12)
    answer = raw(server, head + b"{", timeout=5)
    assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400")), answer[:200]
    # Without a length, the server stops reading by itself.
    chunked = request_head(account, None) + b"100000\r\n"
    with socket.create_connection((host, port), timeout=20) as connection:
        connection.sendall(chunked)
        sent = 0
        try:
            for _ in range(300):
                connection.sendall(b"x" * MIB + b"\r\n100000\r\n")
                sent += MIB
        except OSError:
            pass
    assert sent < 200 * MIB, "the server read on without a limit"
    assert server.resident_bytes() - before < 100 * MIB
    assert Wire(server, account).send("ListStreams", {}).status == 200


def request_head(account, length):
    """The head of a PutRecord request by hand."""
    lines = ["POST / HTTP/1.1", "Host: localhost", f"X-Amz-Target: {TARGET}.PutRecord", f"Content-Type: {JSON}"]
    lines += [f"{name}: {value}" for name, value in credentials(account).items()]
    lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"GARBAGE\r\n\r\n",
        b"\x00" * 1000,
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 1000,
        b"PRI * HTTP/2.0\r\n\r\nXX",
        b"\x16\x03\x01\x00\x05hello",
        b"POST / HTTP/1.1\r\n" + b"X: " + b"y" * (2 * MIB) + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + b"\r\n",
    ],
    ids=lambda data: repr(data[:24]),
)
def test_garbage_on_the_socket_harms_nobody(server, account, data):
    try:
        answer = raw(server, data, timeout=3)
    except (ConnectionResetError, BrokenPipeError):
        answer = b""
    assert b" 200 " not in answer.split(b"\r\n")[0], answer[:100]
    assert Wire(server, account).send("ListStreams", {}).status == 200


def test_slow_connections_are_cut_and_others_served(server, account):
    host, port = server.address
    lazy = []
    for number in range(200):
        connection = socket.create_connection((host, port), timeout=5)
        if number % 2:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        else:
            connection.sendall(request_head(account, 1000) + b"{")
        lazy.append(connection)
    kinesis = client(server, account)
    make_stream(kinesis)
    began = time.monotonic()
    for _ in range(50):
        kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"x")
    assert time.monotonic() - began < 10
    # Each drips one byte a second, which must not keep it alive for ever.
    cut = threading.Event()

    def drip():
        deadline = time.monotonic() + 75
        while not cut.is_set() and time.monotonic() < deadline:
            for connection in lazy[:2]:
                try:
                    connection.sendall(b"a")
                    connection.setblocking(False)
                    if connection.recv(4096) == b"":
                        cut.set()
                except BlockingIOError:
                    pass
                except OSError:
                    cut.set()
                finally:
                    connection.setblocking(True)
                if cut.is_set():
                    return
            cut.wait(1)

    dripping = threading.Thread(target=drip)
    dripping.start()
    dripping.join(80)
    for connection in lazy:
        connection.close()
    assert cut.is_set(), "a dripping connection was kept for 75 s"


def test_promised_bodies_that_never_come_hold_nothing(server, account):
    promises = []
    for _ in range(40):
        connection = socket.create_connection(server.address, timeout=5)
        connection.sendall(request_head(account, 14 * MIB) + b"{")
        promises.append(connection)
    kinesis = client(server, account)
    make_stream(kinesis)
    began = time.monotonic()
    for _ in range(10):
        kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"x" * 100_000)
    assert time.monotonic() - began < 5, "others wait for memory that nobody uses"
    for connection in promises:
        connection.close()


def test_pages_that_nobody_reads_stay_within_bounds(servers, account):
    server = servers().start()
    kinesis = client(server, account)
    make_stream(kinesis)
    for _ in range(2):
        entries = [{"PartitionKey": "a", "Data": b"x" * 1_000_000} for _ in range(5)]
        assert kinesis.put_records(StreamName="orders", Records=entries)["FailedRecordCount"] == 0
    body = json.dumps({"ShardIterator": iterator(kinesis, "orders")}).encode()
    head = request_head(account, len(body)).replace(b".PutRecord", b".GetRecords")
    before = server.resident_bytes()
    lazy = []
    for _ in range(100):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(server.address)
        connection.sendall((head + body) * 3)
        lazy.append(connection)
    began, worst, highest = time.monotonic(), 0.0, 0
    while time.monotonic() - began < 8:
        put = time.monotonic()
        kinesis.put_record(StreamName="orders", PartitionKey="b", Data=b"x")
        worst = max(worst, time.monotonic() - put)
        highest = max(highest, server.resident_bytes() - before)
    print(f"100 unread pages: {highest / MIB:.0f} MiB more resident, puts waited {worst * 1000:.0f} ms at most")
    assert highest < 600 * MIB and worst < 2
    # Whoever does not read is cut; readers wait for that at the most.
    patient = client(server, account, read_timeout=60, retries={"total_max_attempts": 10, "mode": "standard"})
    assert patient.get_records(ShardIterator=iterator(kinesis, "orders"), Limit=3)["Records"]
    for connection in lazy:
        connection.close()


def test_abandoned_requests_leave_nothing_behind(server, account):
    kinesis = client(server, account)
    make_stream(kinesis)
    eventually(lambda: get(server, "/health").status == 200)
    before = server.resident_bytes()
    body = json.dumps({"StreamName": "orders", "PartitionKey": "k", "Data": "A" * 700_000}).encode()
    for _ in range(100):
        with socket.create_connection(server.address, timeout=5) as connection:
            connection.sendall(request_head(account, len(body)) + body[: len(body) // 2])
    assert kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"x")["SequenceNumber"]
    assert server.resident_bytes() - before < 100 * MIB


def test_http2_peers_that_open_no_window_are_cut(servers, account):
    server = servers().start()
    kinesis = client(server, account)
    make_stream(kinesis)
    for _ in range(2):
        entries = [{"PartitionKey": "a", "Data": b"x" * 1_000_000} for _ in range(5)]
        assert kinesis.put_records(StreamName="orders", Records=entries)["FailedRecordCount"] == 0
    body = json.dumps({"ShardIterator": iterator(kinesis, "orders")}).encode()
    connection = h2.connection.H2Connection()
    shut = {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0}
    connection.local_settings = h2.settings.Settings(client=True, initial_values=shut)
    connection.initiate_connection()
    for _ in range(60):
        stream = connection.get_next_available_stream_id()
        headers = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "localhost")]
        headers += [("content-type", JSON), ("x-amz-target", f"{TARGET}.GetRecords")]
        headers += [(name.lower(), value) for name, value in credentials(account).items()]
        connection.send_headers(stream, headers)
        connection.send_data(stream, body, end_stream=True)
    before = server.resident_bytes()
    with socket.create_connection(server.address, timeout=60) as wire:
        wire.sendall(connection.data_to_send())
        began = time.monotonic()
        # Whatever comes is read, and answered where HTTP/2 wants that; only the windows stay shut.
        while received := wire.recv(65536):
            connection.receive_data(received)
            try:
                wire.sendall(connection.data_to_send())
            except OSError:
                break
            assert server.resident_bytes() - before < 600 * MIB
            assert time.monotonic() - began < 60, "it was not cut"
    assert kinesis.get_records(ShardIterator=iterator(kinesis, "orders"), Limit=3)["Records"]
