"""Encryption of objects at rest: what is on the disk, what answers say, and what happens without the key."""

import io
import urllib.request

import pytest
import urllib3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from harness.clients import client, refused
from harness.files import files_holding
from harness.s3 import MIB, body_of, content, s3_client

PLAIN, SECRET = b"MARKER-PLAIN-4711-", b"MARKER-SECRET-0815-"
PART = 5 * MIB


@pytest.fixture
def server(servers):
    """A server with files of its own."""
    return servers().start()


@pytest.fixture
def kms(server, account):
    return client(server, account, "kms")


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 300_000, 3 * MIB + 17])
@pytest.mark.parametrize("algorithm", ["AES256", "aws:kms"])
def test_encrypted_objects_read_as_they_were_written(s3, bucket, size, algorithm):
    body = content(size, size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ServerSideEncryption=algorithm)
    assert put["ServerSideEncryption"] == algorithm
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ServerSideEncryption"], head["ContentLength"], head["ETag"]) == (algorithm, size, put["ETag"])
    assert ("SSEKMSKeyId" in head) == (algorithm == "aws:kms")
    read = s3.get_object(Bucket=bucket, Key="k")
    assert read["Body"].read() == body and read["ServerSideEncryption"] == algorithm
    for first, last in [(0, 0), (size // 2, size - 1), (65_530, 65_545), (size - 1, size - 1), (size // 3, size // 2)]:
        if 0 <= first <= last < size:
            assert body_of(s3, bucket, "k", Range=f"bytes={first}-{last}") == body[first : last + 1], (first, last)
    if size:
        assert body_of(s3, bucket, "k", Range="bytes=-5") == body[-5:]


def test_what_is_encrypted_is_not_on_the_disk(server, s3, bucket):
    for marker, how in [(PLAIN, {}), (SECRET, {"ServerSideEncryption": "AES256"})]:
        s3.put_object(Bucket=bucket, Key=f"small-{bool(how)}", Body=marker * 3, **how)
        s3.put_object(Bucket=bucket, Key=f"large-{bool(how)}", Body=marker * 50_000, **how)
        upload = s3.create_multipart_upload(Bucket=bucket, Key=f"parts-{bool(how)}", **how)["UploadId"]
        s3.upload_part(Bucket=bucket, Key=f"parts-{bool(how)}", UploadId=upload, PartNumber=1, Body=marker * 20_000)
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "small-True"})
    server.stop()
    assert files_holding(server.data_dir, PLAIN), "the plain marker is not found: the search proves nothing"
    assert files_holding(server.data_dir, SECRET) == []


def test_large_uploads_in_parts_are_encrypted_with_the_key_that_was_named(server, account, s3, kms, bucket):
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key["KeyId"])
    body = content(3 * PART + 100)
    s3.upload_fileobj(
        io.BytesIO(body),
        bucket,
        "k",
        ExtraArgs={"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/mine"},
        Config=TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4),
    )
    head = s3.head_object(Bucket=bucket, Key="k", PartNumber=2)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key["Arn"])
    assert head["PartsCount"] == 4 and head["ContentLength"] == PART
    into = io.BytesIO()
    s3.download_fileobj(bucket, "k", into, Config=TransferConfig(multipart_threshold=PART, max_concurrency=4))
    assert into.getvalue() == body
    assert body_of(s3, bucket, "k", Range=f"bytes={PART - 3}-{PART + 3}") == body[PART - 3 : PART + 4]
    # Restarted, and without the key.
    server.kill()
    server.start()
    s3, kms = s3_client(server, account), client(server, account, "kms")
    assert body_of(s3, bucket, "k") == body
    kms.disable_key(KeyId=key["KeyId"])
    with refused("KMS.DisabledException"):
        s3.get_object(Bucket=bucket, Key="k")
    with refused("KMS.DisabledException"):
        s3.put_object(Bucket=bucket, Key="k2", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key["Arn"])
    kms.enable_key(KeyId=key["KeyId"])
    assert body_of(s3, bucket, "k") == body


def test_copies_are_encrypted_as_they_are_asked_to_be(s3, kms, bucket):
    key = kms.create_key()["KeyMetadata"]["Arn"]
    for size in (100, 200_000):
        body = content(size, size)
        source = {"Bucket": bucket, "Key": "plain"}
        s3.put_object(Bucket=bucket, Key="plain", Body=body)
        copied = s3.copy_object(Bucket=bucket, Key="own", CopySource=source, ServerSideEncryption="AES256")
        assert copied["ServerSideEncryption"] == "AES256"
        # Where nobody says anything it stays as it is, and another key makes other bytes.
        s3.copy_object(Bucket=bucket, Key="again", CopySource={"Bucket": bucket, "Key": "own"})
        assert s3.head_object(Bucket=bucket, Key="again")["ServerSideEncryption"] == "AES256"
        s3.copy_object(
            Bucket=bucket,
            Key="other",
            CopySource={"Bucket": bucket, "Key": "own"},
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=key,
        )
        assert s3.head_object(Bucket=bucket, Key="other")["SSEKMSKeyId"] == key
        s3.delete_object(Bucket=bucket, Key="own")
        for name in ("again", "other"):
            assert body_of(s3, bucket, name) == body
    # An object may be encrypted in its place.
    in_place = {"Bucket": bucket, "Key": "plain"}
    s3.copy_object(Bucket=bucket, Key="plain", CopySource=in_place, ServerSideEncryption="AES256")
    assert s3.get_object(Bucket=bucket, Key="plain")["ServerSideEncryption"] == "AES256"


def test_parts_are_copied_into_encrypted_uploads(s3, bucket):
    body = content(PART + 50_000)
    s3.put_object(Bucket=bucket, Key="plain", Body=body)
    s3.put_object(Bucket=bucket, Key="sealed", Body=body, ServerSideEncryption="AES256")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ServerSideEncryption="AES256")
    assert upload["ServerSideEncryption"] == "AES256"
    where = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    parts = []
    for number, source, copied in [(1, "plain", f"bytes=0-{PART - 1}"), (2, "sealed", "bytes=70000-140000")]:
        answer = s3.upload_part_copy(
            **where, PartNumber=number, CopySource={"Bucket": bucket, "Key": source}, CopySourceRange=copied
        )
        parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
    done = s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert done["ServerSideEncryption"] == "AES256"
    s3.delete_object(Bucket=bucket, Key="sealed")
    assert body_of(s3, bucket, "k") == body[:PART] + body[70_000:140_001]


def test_a_bucket_has_a_default(server, account, s3, kms, bucket):
    key = kms.create_key()["KeyMetadata"]["Arn"]
    with refused("ServerSideEncryptionConfigurationNotFoundError", status=404):
        s3.get_bucket_encryption(Bucket=bucket)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"] == rules
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert (put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == (key, True)
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    assert put["ServerSideEncryption"] == "AES256" and "SSEKMSKeyId" not in put
    s3.delete_bucket_encryption(Bucket=bucket)
    assert "ServerSideEncryption" not in s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("KMS.NotFoundException"):
        rules["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] = "alias/nobody"
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)


def test_presigned_writes_and_forms_are_encrypted(s3, bucket):
    how = {"Bucket": bucket, "Key": "signed", "ServerSideEncryption": "AES256"}
    url = s3.generate_presigned_url("put_object", Params=how)
    headers = {"x-amz-server-side-encryption": "AES256"}
    with urllib.request.urlopen(urllib.request.Request(url, b"body", headers, method="PUT")) as answer:
        assert answer.headers["x-amz-server-side-encryption"] == "AES256"
    fields = {"x-amz-server-side-encryption": "AES256"}
    post = s3.generate_presigned_post(bucket, "formed", Fields=fields, Conditions=[fields])
    field = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    form = "".join(field.format(*pair) for pair in [*post["fields"].items(), ("file", "body")]) + "--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert urllib.request.urlopen(urllib.request.Request(post["url"], form.encode(), headers)).status == 204
    for key in ("signed", "formed"):
        read = s3.get_object(Bucket=bucket, Key=key)
        assert (read["Body"].read(), read["ServerSideEncryption"]) == (b"body", "AES256"), key


def test_damage_is_an_error_and_no_bytes(server, account, s3, bucket):
    body = content(4 * MIB)
    s3.put_object(Bucket=bucket, Key="k", Body=body, ServerSideEncryption="AES256")
    server.stop()
    # Pieces of 64 KiB, each 28 bytes longer than it was.
    stored = len(body) // 65_536 * (65_536 + 28)
    [blob] = [path for path in server.data_dir.rglob("*") if path.is_file() and path.stat().st_size == stored]
    with blob.open("r+b") as file:
        file.seek(100)
        byte = file.read(1)
        file.seek(100)
        file.write(bytes([byte[0] ^ 1]))
    server.start()
    s3 = s3_client(server, account)
    with pytest.raises((ClientError, BotoCoreError, urllib3.exceptions.HTTPError)):
        body_of(s3, bucket, "k")
    assert body_of(s3, bucket, "k", Range=f"bytes={3 * MIB}-{4 * MIB - 1}") == body[3 * MIB :]
