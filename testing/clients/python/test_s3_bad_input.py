"""What no honest client sends: AWS's error each, nothing kept, memory bounded, others served."""

import hashlib
import http.client
import socket
import threading

import pytest
from botocore.awsrequest import AWSRequest

from harness.clients import refused
from harness.files import file_sizes
from harness.polling import eventually
from harness.s3 import MIB, body_of, content, keys_of, s3_client, sign

GIB = 1024 * MIB


def send(server, account, method, path, body=b"", payload="UNSIGNED-PAYLOAD", **headers):
    """One request by hand: status, code of the error, body."""
    request = AWSRequest(method, f"{server.url}{path}", headers=headers)
    sign(account, "x", request, payload)
    connection = http.client.HTTPConnection(*server.address, timeout=20)
    connection.request(method, path, body=body, headers=dict(request.headers.items()))
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    code = data.split(b"<Code>")[1].split(b"</Code>")[0].decode() if b"<Code>" in data else None
    return answer.status, code, data


def files(server):
    """How many files of blobs there are."""
    return len(file_sizes(server.data_dir / "blobs"))


def test_names_have_limits(server, account, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k" * 1024, Body=b"x")
    with refused("KeyTooLongError", status=400):
        s3.put_object(Bucket=bucket, Key="k" * 1025, Body=b"x")
    s3.put_object(Bucket=bucket, Key="m", Body=b"x", Metadata={"m": "v" * 2000})
    with refused("MetadataTooLarge", status=400):
        s3.put_object(Bucket=bucket, Key="n", Body=b"x", Metadata={"m": "v" * 2048})
    assert keys_of(s3, bucket) == ["k" * 1024, "m"]
    assert send(server, account, "GET", "/UPPER/k")[1] in ("InvalidBucketName", "NoSuchBucket")
    assert send(server, account, "GET", f"/{bucket}/%ff%fe")[:2][0] in (400, 404)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<",
        b"nonsense",
        b"<Delete>",
        b"<Delete><Object><Key>a</Object></Delete>",
        b"<Other/>",
        b"\xff\xfe\x00",
        b"[1]",
    ],
)
def test_documents_that_are_none(server, account, bucket, document):
    md5 = __import__("base64").b64encode(hashlib.md5(document).digest()).decode()
    status, code, _ = send(server, account, "POST", f"/{bucket}?delete=", document, **{"Content-MD5": md5})
    assert (status, code) in ((400, "MalformedXML"), (400, "MissingRequestBodyError"))
    status, code, _ = send(server, account, "PUT", f"/{bucket}?versioning=", document)
    assert (status, code) in ((400, "MalformedXML"), (400, "MissingRequestBodyError"))


def test_documents_that_go_too_far(server, account, bucket):
    deep = b"<a>" * 50_000 + b"</a>" * 50_000
    assert send(server, account, "PUT", f"/{bucket}?lifecycle=", deep)[0] == 400
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'">]><Delete>' + b"&a;" * 1000 + b"</Delete>"
    assert send(server, account, "POST", f"/{bucket}?delete=", bomb)[0] == 400
    before = server.resident_bytes()
    status, code, _ = send(server, account, "POST", f"/{bucket}?delete=", b" " * (8 * MIB))
    assert status == 400 and code in ("MalformedXML", "MaxMessageLengthExceeded", "EntityTooLarge")
    assert server.resident_bytes() - before < 64 * MIB


def test_too_much_at_once(server, account, s3, bucket):
    keys = [{"Key": f"k{number}"} for number in range(1001)]
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": keys[:1000]})["Deleted"]) == 1000
    with refused("MalformedXML", status=400):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = [{"PartNumber": number, "ETag": '"0"'} for number in range(1, 10_002)]
    # The last of them has a number that no part can have.
    with refused("InvalidArgument", status=400):
        s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    with refused("InvalidPart", status=400):
        s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts[:10_000]})


def head_of(server, account, path, length, **headers):
    """The head of a PUT by hand."""
    request = AWSRequest("PUT", f"{server.url}{path}", headers=headers)
    sign(account, "x", request, headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))
    lines = [f"PUT {path} HTTP/1.1", f"Host: {server.address[0]}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines.append(f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked")
    return "\r\n".join([*lines, "", ""]).encode()


def test_five_gibibytes_are_the_most_of_a_put(server, account, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    before = server.resident_bytes()
    for path in (f"/{bucket}/k", f"/{bucket}/k?partNumber=1&uploadId={upload}"):
        with socket.create_connection(server.address, timeout=20) as connection:
            connection.sendall(head_of(server, account, path, 5 * GIB + 1))
            # The length alone is enough to know.
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 400") and b"<Code>EntityTooLarge</Code>" in answer, answer
    assert server.resident_bytes() - before < 64 * MIB


def test_a_length_is_needed(server, account, bucket):
    with socket.create_connection(server.address, timeout=20) as connection:
        connection.sendall(head_of(server, account, f"/{bucket}/k", None) + b"1\r\nx\r\n0\r\n\r\n")
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 411") and b"<Code>MissingContentLength</Code>" in answer


def test_a_connection_cut_in_the_middle_leaves_nothing(server, account, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    before = files(server)
    for path in (f"/{bucket}/k", f"/{bucket}/new", f"/{bucket}/k?partNumber=1&uploadId={upload}"):
        for sent in (0, 10, 3 * MIB):
            connection = socket.create_connection(server.address, timeout=20)
            connection.sendall(head_of(server, account, path, 4 * MIB) + b"x" * sent)
            connection.close()
    eventually(lambda: files(server) <= before, what="the files to go")
    assert body_of(s3, bucket, "k") == b"old" and keys_of(s3, bucket) == ["k"]
    assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"zz\r\n",
        b"5\r\nab",
        b"5\r\nabcde\r\n",
        b"ffffffffffffffff\r\nx",
        b"5\r\nabcde\r\n0\r\nbad\r\n\r\n",
        b"x" * 5000,
    ],
)
def test_chunks_that_are_none(server, account, s3, bucket, wire):
    before = files(server)
    status, code, _ = send(
        server,
        account,
        "PUT",
        f"/{bucket}/k",
        wire,
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        **{
            "x-amz-decoded-content-length": "5",
            "x-amz-trailer": "x-amz-checksum-crc32",
            "Content-Encoding": "aws-chunked",
        },
    )
    assert status == 400 and code in ("IncompleteBody", "InvalidRequest", "MalformedTrailerError"), code
    assert keys_of(s3, bucket) == []
    eventually(lambda: files(server) <= before, what="the files to go")


def test_a_wrong_trailer_leaves_nothing(server, account, s3, bucket):
    data = content(200_000)
    wire = f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    before = files(server)
    status, code, _ = send(
        server,
        account,
        "PUT",
        f"/{bucket}/k",
        wire,
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        **{"x-amz-decoded-content-length": str(len(data)), "x-amz-trailer": "x-amz-checksum-crc32"},
    )
    assert (status, code) == (400, "BadDigest")
    assert send(server, account, "PUT", f"/{bucket}/k", data, "0" * 64)[:2] == (400, "XAmzContentSHA256Mismatch")
    assert send(server, account, "PUT", f"/{bucket}/k", data, "nonsense")[:2] == (400, "InvalidArgument")
    assert keys_of(s3, bucket) == []
    eventually(lambda: files(server) <= before, what="the files to go")


def test_uploads_at_a_snail_s_pace_keep_nobody_waiting(server, account, s3, bucket):
    """When they are cut is tried where the limits can be set: crates/gateway/tests."""
    before, memory = files(server), server.resident_bytes()
    slow = []
    for number in range(100):
        connection = socket.create_connection(server.address, timeout=20)
        connection.sendall(head_of(server, account, f"/{bucket}/slow-{number}", 4 * MIB) + b"x" * 100_000)
        slow.append(connection)
    s3.put_object(Bucket=bucket, Key="k", Body=content(MIB))
    assert server.resident_bytes() - memory < 64 * MIB
    for connection in slow:
        connection.close()
    eventually(lambda: files(server) <= before + 1, what="the files to go")
    assert keys_of(s3, bucket) == ["k"]


def test_memory_is_bounded_while_large_objects_pass(server, account, s3, bucket):
    data = content(96 * MIB)
    s3.put_object(Bucket=bucket, Key="k", Body=b"warm")
    before = server.resident_bytes()
    most = [before]
    ended = threading.Event()

    def watch():
        while not ended.wait(0.01):
            most.append(server.resident_bytes())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        s3.put_object(Bucket=bucket, Key="k", Body=data)
        # A reader that does not read holds no more than what is on its way.
        lazy = [s3_client(server, account).get_object(Bucket=bucket, Key="k")["Body"] for _ in range(4)]
        assert hashlib.sha256(body_of(s3, bucket, "k")).digest() == hashlib.sha256(data).digest()
        for body in lazy:
            body.close()
    finally:
        ended.set()
        watching.join()
    assert max(most) - before < 64 * MIB, f"{(max(most) - before) // MIB} MiB"


def test_forms_that_are_none(server, account, s3, bucket):
    kind = "multipart/form-data; boundary=x"
    for body in (
        b"",
        b"nonsense",
        b"--x\r\n\r\n",
        b"--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk',
    ):
        connection = http.client.HTTPConnection(*server.address, timeout=10)
        connection.request("POST", f"/{bucket}", body, {"Content-Type": kind})
        answer = connection.getresponse()
        data = answer.read()
        assert answer.status == 400, (body, data)
        assert b"<Code>MalformedPOSTRequest</Code>" in data or b"<Code>InvalidArgument</Code>" in data
    large = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n%s\r\n' % (number, b"v" * 1000)
        for number in range(100)
    )
    connection = http.client.HTTPConnection(*server.address, timeout=10)
    connection.request("POST", f"/{bucket}", large, {"Content-Type": kind})
    assert b"<Code>MaxPostPreDataLengthExceeded</Code>" in connection.getresponse().read()
    assert keys_of(s3, bucket) == []
