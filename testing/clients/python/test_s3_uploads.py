"""Uploads in parts, the transfer manager, and checksums of every kind."""

import base64
import binascii
import hashlib
import io
import threading
import zlib

import boto3.s3.transfer
import pytest

from harness.clients import refused
from harness.s3 import MIB, body_of, content, keys_of, s3_client

PART = 5 * MIB


def begin(s3, bucket, key="k", **more):
    return s3.create_multipart_upload(Bucket=bucket, Key=key, **more)["UploadId"]


def put_part(s3, bucket, upload, number, data, key="k", **more):
    answer = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=data, **more)
    return {"PartNumber": number, "ETag": answer["ETag"]}


def complete(s3, bucket, upload, parts, key="k", **more):
    return s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **more
    )


def test_parts_become_an_object(s3, bucket):
    pieces = [content(PART, 1), content(PART, 2), content(1000, 3)]
    upload = begin(s3, bucket, ContentType="text/x", Metadata={"m": "1"})
    assert keys_of(s3, bucket) == []
    assert [found["UploadId"] for found in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    # In any order, and one of them twice: the later one counts.
    parts = [put_part(s3, bucket, upload, number, piece) for number, piece in ((9, pieces[2]), (2, pieces[0]))]
    put_part(s3, bucket, upload, 5, content(PART, 99))
    parts.append(put_part(s3, bucket, upload, 5, pieces[1]))
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, MaxParts=2)
    assert [part["PartNumber"] for part in listed["Parts"]] == [2, 5] and listed["IsTruncated"]
    more = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, PartNumberMarker=listed["NextPartNumberMarker"])
    assert [part["PartNumber"] for part in more["Parts"]] == [9] and not more["IsTruncated"]
    parts.sort(key=lambda part: part["PartNumber"])
    done = complete(s3, bucket, upload, parts)
    digests = b"".join(hashlib.md5(piece).digest() for piece in pieces)
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(pieces)
    assert (got["ContentType"], got["Metadata"], got["ETag"]) == ("text/x", {"m": "1"}, done["ETag"])
    second = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (pieces[1], 3)
    across = f"bytes={PART - 5}-{PART + 4}"
    assert body_of(s3, bucket, "k", Range=across) == pieces[0][-5:] + pieces[1][:5]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    # A repeated completion, as after a lost answer, is answered alike.
    assert complete(s3, bucket, upload, parts)["ETag"] == done["ETag"]
    with refused("NoSuchUpload", status=404):
        put_part(s3, bucket, upload, 1, b"x")


def test_an_upload_can_be_given_up(s3, bucket):
    upload = begin(s3, bucket)
    put_part(s3, bucket, upload, 1, content(PART))
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    for again in (
        lambda: s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload),
        lambda: s3.list_parts(Bucket=bucket, Key="k", UploadId=upload),
        lambda: complete(s3, bucket, upload, [{"PartNumber": 1, "ETag": "x"}]),
    ):
        with refused("NoSuchUpload", status=404):
            again()


def test_wrong_parts_are_refused(s3, bucket):
    upload = begin(s3, bucket)
    small = put_part(s3, bucket, upload, 1, b"small")
    last = put_part(s3, bucket, upload, 2, b"last")
    with refused("EntityTooSmall", status=400):
        complete(s3, bucket, upload, [small, last])
    with refused("InvalidPartOrder", status=400):
        complete(s3, bucket, upload, [last, small])
    with refused("InvalidPart", status=400):
        complete(s3, bucket, upload, [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}])
    with refused("InvalidPart", status=400):
        complete(s3, bucket, upload, [{"PartNumber": 7, "ETag": small["ETag"]}])
    with refused("MalformedXML", status=400):
        complete(s3, bucket, upload, [])
    for number in (0, 10_001, -1):
        with refused("InvalidArgument", status=400):
            put_part(s3, bucket, upload, number, b"x")
    complete(s3, bucket, upload, [small])
    assert body_of(s3, bucket, "k") == b"small"


def test_parts_can_be_copied(s3, bucket):
    data = content(12 * MIB, 4)
    s3.put_object(Bucket=bucket, Key="source", Body=data)
    upload = begin(s3, bucket)
    parts = []
    for number, span in ((1, f"bytes=0-{PART - 1}"), (2, f"bytes={PART}-{2 * PART - 1}")):
        copied = s3.upload_part_copy(
            Bucket=bucket,
            Key="k",
            UploadId=upload,
            PartNumber=number,
            CopySource={"Bucket": bucket, "Key": "source"},
            CopySourceRange=span,
        )
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    parts.append(put_part(s3, bucket, upload, 3, b"tail"))
    complete(s3, bucket, upload, parts)
    s3.delete_object(Bucket=bucket, Key="source")
    assert body_of(s3, bucket, "k") == data[: 2 * PART] + b"tail"
    upload = begin(s3, bucket, "other")
    with refused("InvalidRange", status=416) as seen:
        try:
            s3.upload_part_copy(
                Bucket=bucket,
                Key="other",
                UploadId=upload,
                PartNumber=1,
                CopySource={"Bucket": bucket, "Key": "k"},
                CopySourceRange="bytes=99999999-999999999",
            )
        except s3.exceptions.ClientError as error:
            # AWS has both for this, by the source's size.
            error.response["Error"]["Code"] = "InvalidRange"
            error.response["ResponseMetadata"]["HTTPStatusCode"] = 416
            raise
    assert seen


def test_completion_can_be_conditional(s3, bucket):
    def upload_one(**more):
        upload = begin(s3, bucket)
        return complete(s3, bucket, upload, [put_part(s3, bucket, upload, 1, b"x")], **more)

    first = upload_one(IfNoneMatch="*")
    with refused("PreconditionFailed", status=412):
        upload_one(IfNoneMatch="*")
    with refused("PreconditionFailed", status=412):
        upload_one(IfMatch='"other"')
    upload_one(IfMatch=first["ETag"])


def test_the_transfer_manager_goes_up_and_down(s3, bucket, tmp_path):
    data = content(52 * MIB + 123, 7)
    source, target = tmp_path / "up", tmp_path / "down"
    source.write_bytes(data)
    seen = []
    s3.upload_file(str(source), bucket, "big", Callback=seen.append, ExtraArgs={"Metadata": {"a": "b"}})
    assert sum(seen) == len(data)
    head = s3.head_object(Bucket=bucket, Key="big")
    assert (head["ContentLength"], head["Metadata"]) == (len(data), {"a": "b"})
    assert head["ETag"].endswith('-7"')
    s3.download_file(bucket, "big", str(target))
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(data).digest()
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=6 * MIB, multipart_chunksize=6 * MIB)
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copy", Config=config)
    into = io.BytesIO()
    s3.download_fileobj(bucket, "copy", into)
    assert into.getvalue() == data
    s3.upload_fileobj(io.BytesIO(b"small"), bucket, "small")
    assert body_of(s3, bucket, "small") == b"small"


def test_many_parts_at_once(server, account, s3, bucket):
    upload = begin(s3, bucket)
    parts = [None] * 8

    def run(number):
        own = s3_client(server, account)
        parts[number] = put_part(own, bucket, upload, number + 1, content(PART, number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    complete(s3, bucket, upload, parts)
    assert body_of(s3, bucket, "k") == b"".join(content(PART, number) for number in range(8))


def base64_of(data):
    return base64.b64encode(data).decode()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "big")


def crc64nvme(data):
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x9A6C9329AC4BC9B5 if crc & 1 else 0)
    return (crc ^ 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")


SUMS = {
    "CRC32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "CRC32C": crc32c,
    "CRC64NVME": crc64nvme,
    "SHA1": lambda data: hashlib.sha1(data).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
}


@pytest.mark.parametrize("kind", SUMS)
def test_checksums_are_checked_kept_and_told(s3, bucket, kind):
    data = content(3000, 1)
    field = f"Checksum{kind}"
    right = base64_of(SUMS[kind](data))
    put = s3.put_object(Bucket=bucket, Key="k", Body=data, **{field: right})
    assert put[field] == right
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (head[field], head["ChecksumType"]) == (right, "FULL_OBJECT")
    assert field not in s3.head_object(Bucket=bucket, Key="k")
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectSize", "ETag"])
    assert (attributes["Checksum"][field], attributes["ObjectSize"]) == (right, 3000)
    with refused("BadDigest", status=400):
        s3.put_object(Bucket=bucket, Key="k", Body=data, **{field: base64_of(SUMS[kind](b"other"))})
    with refused("InvalidRequest", status=400):
        s3.put_object(Bucket=bucket, Key="k", Body=data, **{field: "nonsense"})
    assert body_of(s3, bucket, "k") == data
    # As a trailer behind a body in chunks, computed by the client where it can.
    if kind in ("CRC32", "SHA1", "SHA256"):
        trailed = s3.put_object(Bucket=bucket, Key="trailed", Body=io.BytesIO(data), ChecksumAlgorithm=kind)
        assert trailed[field] == right
        assert body_of(s3, bucket, "trailed", ChecksumMode="ENABLED") == data


@pytest.mark.parametrize("kind", ["CRC32", "SHA256"])
def test_parts_have_checksums(s3, bucket, kind):
    field = f"Checksum{kind}"
    pieces = [content(PART, 1), b"tail"]
    upload = begin(s3, bucket, ChecksumAlgorithm=kind)
    parts = []
    for number, piece in enumerate(pieces, 1):
        answer = s3.upload_part(
            Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=piece, ChecksumAlgorithm=kind
        )
        assert answer[field] == base64_of(SUMS[kind](piece))
        parts.append({"PartNumber": number, "ETag": answer["ETag"], field: answer[field]})
    done = complete(s3, bucket, upload, parts)
    composite = base64_of(SUMS[kind](b"".join(SUMS[kind](piece) for piece in pieces)))
    assert done[field] == f"{composite}-2"
    got = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts", "Checksum"])
    assert got["Checksum"]["ChecksumType"] == "COMPOSITE"
    assert [part["Size"] for part in got["ObjectParts"]["Parts"]] == [PART, 4]


def test_content_md5_is_checked(s3, bucket):
    data = b"hello"
    s3.put_object(Bucket=bucket, Key="k", Body=data, ContentMD5=base64_of(hashlib.md5(data).digest()))
    with refused("BadDigest", status=400):
        s3.put_object(Bucket=bucket, Key="k", Body=data, ContentMD5=base64_of(hashlib.md5(b"x").digest()))
    with refused("InvalidDigest", status=400):
        s3.put_object(Bucket=bucket, Key="k", Body=data, ContentMD5="nonsense")
    assert binascii.hexlify(hashlib.md5(data).digest()).decode() in s3.head_object(Bucket=bucket, Key="k")["ETag"]
