"""kill -9 in the middle of uploads: what was acknowledged is whole, old or new, and no file is left over."""

import hashlib
import random
import threading

from botocore.exceptions import BotoCoreError, ClientError

from harness.clients import new_account
from harness.files import file_sizes
from harness.polling import eventually
from harness.s3 import MIB, content, new_bucket, s3_client

ROUNDS = 8
# A round ends once so many more uploads were acknowledged, however slow the machine is.
ACKNOWLEDGED = 20
KEYS = 6
PART = 5 * MIB


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Uploader(threading.Thread):
    """Writes its own keys again and again, at once or in parts, and deletes one now and then."""

    def __init__(self, server, account, bucket, book, seed):
        super().__init__(daemon=True)
        self.s3, self.bucket, self.book = s3_client(server, account), bucket, book
        self.random = random.Random(seed)
        self.name = f"w{seed % 100}"
        self.trouble = None

    def run(self):
        try:
            while True:
                key = f"{self.name}/{self.random.randrange(KEYS)}"
                choice = self.random.random()
                if choice < 0.1:
                    self.book.attempt(key, None)
                    self.s3.delete_object(Bucket=self.bucket, Key=key)
                    self.book.acknowledge(key, None)
                    continue
                size = self.random.choice((100, 60_000, 70_000, MIB, 3 * MIB))
                data = content(size, self.random.getrandbits(48))
                if choice < 0.3:
                    self.in_parts(key, data)
                    continue
                self.book.attempt(key, digest(data))
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)
                self.book.acknowledge(key, digest(data))
        except (BotoCoreError, ClientError) as error:
            # The connection broke: what the server was meant to do. A refusal is none of it.
            self.trouble = error if isinstance(error, ClientError) else None
        except Exception as error:
            self.trouble = error

    def in_parts(self, key, tail):
        first = content(PART, len(tail))
        whole = digest(first + tail)
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]
        parts = []
        for number, data in ((1, first), (2, tail)):
            part = self.s3.upload_part(Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number, Body=data)
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        self.book.attempt(key, whole)
        self.s3.complete_multipart_upload(
            Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
        )
        self.book.acknowledge(key, whole)


class Book:
    """What each key may hold: what was acknowledged last, or what was attempted after it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.may = {}
        self.acknowledged = 0

    def attempt(self, key, found):
        with self.lock:
            self.may.setdefault(key, {None}).add(found)

    def acknowledge(self, key, found):
        with self.lock:
            self.may[key] = {found}
            self.acknowledged += 1

    def check(self, s3, bucket):
        """Reads everything back; what was in doubt is settled now."""
        for key in list(self.may):
            try:
                found = digest(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            except s3.exceptions.NoSuchKey:
                found = None
            assert found in self.may[key], f"{key} holds {found}, expected one of {self.may[key]}"
            self.may[key] = {found}


def blob_sizes(server):
    return file_sizes(server.data_dir / "blobs")


def test_acknowledged_objects_survive_and_nothing_is_left_over(servers):
    server, account, book = servers(), new_account(), Book()
    server.start()
    bucket = new_bucket(s3_client(server, account))
    for round in range(ROUNDS):
        uploaders = [Uploader(server, account, bucket, book, round * 100 + number) for number in range(4)]
        for uploader in uploaders:
            uploader.start()
        enough = book.acknowledged + ACKNOWLEDGED + random.Random(round).randrange(ACKNOWLEDGED)
        eventually(lambda enough=enough: book.acknowledged >= enough, 60, what=f"{enough} acknowledged uploads")
        server.kill()
        for uploader in uploaders:
            uploader.join(20)
            assert uploader.trouble is None, uploader.trouble
        server.start()
        book.check(s3_client(server, account), bucket)

    # Nothing is left but what objects and unfinished uploads hold.
    s3 = s3_client(server, account)
    uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    for upload in uploads:
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    sizes = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        sizes |= {found["Key"]: found["Size"] for found in page.get("Contents", [])}
    # Small ones are rows; of those in parts the large part is a file in any case.
    least = sum(size for size in sizes.values() if size > 3 * MIB + 70_000) * 0.5
    most = sum(size for size in sizes.values() if size > 64 * 1024)
    eventually(lambda: least <= sum(blob_sizes(server)) <= most, what=f"files of {most} bytes at most")
    for key in sizes:
        s3.delete_object(Bucket=bucket, Key=key)
    eventually(lambda: not blob_sizes(server), what="all files to go")
    s3.delete_bucket(Bucket=bucket)
