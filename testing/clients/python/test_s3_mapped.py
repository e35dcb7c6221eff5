"""Buckets that an outside store keeps: another Millstream, and moto's server, which is nobody's kin."""

import hashlib

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from harness.clients import client, refused
from harness.polling import eventually
from harness.s3 import MIB, body_of, content, keys_of, s3_client
from harness.server import Server
from harness.wire import get

ACCOUNT = "210000000077"


class Outside:
    """An outside store: where it is, and a client that looks at it directly."""

    def __init__(self, url, stop):
        self.url, self.stop = url, stop
        self.s3 = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="123456789012",
            aws_secret_access_key="outside",
            config=Config(s3={"addressing_style": "path"}),
        )
        self.s3.create_bucket(Bucket="real-lake")


def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return Outside(f"http://{host}:{port}", server.stop)


@pytest.fixture(scope="module", params=["millstream", "moto"])
def outside(request, tmp_path_factory):
    if request.param == "moto":
        made = moto()
    else:
        server = Server(tmp_path_factory.mktemp("outside")).start()
        made = Outside(server.url, server.kill)
    made.kind = request.param
    yield made
    made.stop()


@pytest.fixture(scope="module")
def mapped(outside, tmp_path_factory):
    """A server with a bucket `lake` that is kept outside."""
    folder = tmp_path_factory.mktemp("mapped")
    table = f"""
[s3]
domains = ["files.example.com"]

[s3.mapped.lake]
endpoint = "{outside.url}"
bucket = "real-lake"
region = "us-east-1"
access-key = "123456789012"
secret-key = "outside"
prefix = "in/"
allow-http = true
account = "{ACCOUNT}"
"""
    (folder / "config.toml").write_text(table)
    with Server(folder / "data", "--config", str(folder / "config.toml")) as started:
        yield started


@pytest.fixture
def s3(mapped):
    made = s3_client(mapped, ACCOUNT)
    yield made
    for key in keys_of(made, "lake"):
        made.delete_object(Bucket="lake", Key=key)


def test_objects_are_outside(s3, outside):
    assert "lake" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    data = content(100_000)
    put = s3.put_object(
        Bucket="lake", Key="a/b c", Body=data, ContentType="text/x", Metadata={"m": "1"}, CacheControl="no-store"
    )
    there = outside.s3.get_object(Bucket="real-lake", Key="in/a/b c")
    assert (there["Body"].read(), there["ContentType"], there["Metadata"]) == (data, "text/x", {"m": "1"})
    assert put["ETag"] == there["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = s3.get_object(Bucket="lake", Key="a/b c")
    assert (got["Body"].read(), got["ContentType"], got["CacheControl"]) == (data, "text/x", "no-store")
    assert (got["ETag"], got["Metadata"], got["ContentLength"]) == (put["ETag"], {"m": "1"}, 100_000)
    assert body_of(s3, "lake", "a/b c", Range="bytes=10-19") == data[10:20]
    assert body_of(s3, "lake", "a/b c", Range="bytes=-5") == data[-5:]
    with refused("InvalidRange", status=416):
        body_of(s3, "lake", "a/b c", Range="bytes=100000-")
    head = s3.head_object(Bucket="lake", Key="a/b c")
    assert (head["ContentLength"], head["ETag"]) == (100_000, put["ETag"])
    outside.s3.put_object(Bucket="real-lake", Key="in/theirs", Body=b"x")
    outside.s3.put_object(Bucket="real-lake", Key="elsewhere", Body=b"x")
    assert keys_of(s3, "lake") == ["a/b c", "theirs"]
    s3.delete_object(Bucket="lake", Key="theirs")
    with refused("NoSuchKey", status=404):
        s3.get_object(Bucket="lake", Key="theirs")
    with refused("404", status=404):
        s3.head_object(Bucket="lake", Key="theirs")
    gone = s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "a/b c"}, {"Key": "never"}]})
    assert sorted(one["Key"] for one in gone["Deleted"]) == ["a/b c", "never"]
    assert keys_of(s3, "lake") == []


def test_hosts_below_a_configured_domain_name_buckets(s3, mapped):
    s3.put_object(Bucket="lake", Key="k", Body=b"x")
    s3.create_bucket(Bucket="near")
    s3.put_object(Bucket="near", Key="k", Body=b"y")
    for bucket, expected in (("lake", b"x"), ("near", b"y")):
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
        path = "/k?" + url.split("?")[1]
        answer = get(mapped, path, {"Host": f"{bucket}.files.example.com"})
        assert (answer.status, answer.body) == (200, expected)
    s3.delete_object(Bucket="near", Key="k")
    s3.delete_bucket(Bucket="near")


def test_conditions_hold_outside(s3, outside):
    put = lambda **more: s3.put_object(Bucket="lake", Key="k", Body=b"x", **more)  # noqa: E731
    etag = put(IfNoneMatch="*")["ETag"]
    with refused("PreconditionFailed", status=412):
        put(IfNoneMatch="*")
    put(IfMatch=etag)
    with refused("PreconditionFailed", status=412):
        put(IfMatch='"00000000000000000000000000000000"')
    assert body_of(s3, "lake", "k", IfMatch=etag) == b"x"
    with refused("304", status=304):
        body_of(s3, "lake", "k", IfNoneMatch=etag)
    with refused("PreconditionFailed", status=412):
        body_of(s3, "lake", "k", IfMatch='"00000000000000000000000000000000"')


def test_listings_come_page_by_page(s3):
    keys = [f"{folder}/{number}" for folder in ("a", "b") for number in range(5)] + ["top"]
    for key in keys:
        s3.put_object(Bucket="lake", Key=key, Body=b"")
    assert keys_of(s3, "lake", PaginationConfig={"PageSize": 3}) == keys
    assert keys_of(s3, "lake", Prefix="b/") == keys[5:10]
    assert keys_of(s3, "lake", Prefix="b/3") == ["b/3"]
    assert keys_of(s3, "lake", StartAfter="b/2") == ["b/3", "b/4", "top"]
    for operation in ("list_objects_v2", "list_objects"):
        found, prefixes = [], []
        pages = s3.get_paginator(operation).paginate(Bucket="lake", Delimiter="/", PaginationConfig={"PageSize": 1})
        for page in pages:
            found += [one["Key"] for one in page.get("Contents", [])]
            prefixes += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
        assert (found, prefixes) == (["top"], ["a/", "b/"]), operation


def test_large_objects_go_in_parts(s3, outside, tmp_path):
    data = content(37 * MIB + 11, 5)
    source = tmp_path / "up"
    source.write_bytes(data)
    s3.upload_file(str(source), "lake", "big", ExtraArgs={"ContentType": "text/big", "Metadata": {"a": "b"}})
    there = outside.s3.head_object(Bucket="real-lake", Key="in/big")
    assert (there["ContentLength"], there["ContentType"], there["Metadata"]) == (len(data), "text/big", {"a": "b"})
    s3.download_file("lake", "big", str(tmp_path / "down"))
    assert hashlib.sha256((tmp_path / "down").read_bytes()).digest() == hashlib.sha256(data).digest()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="lake")
    single = content(20 * MIB, 6)
    s3.put_object(Bucket="lake", Key="single", Body=single)
    assert hashlib.sha256(body_of(s3, "lake", "single")).digest() == hashlib.sha256(single).digest()
    with refused("NotImplemented", status=501):
        s3.put_object(Bucket="lake", Key="single", Body=single, IfNoneMatch="*")


def test_copies(s3, mapped):
    s3.put_object(Bucket="lake", Key="a", Body=b"x", Metadata={"m": "1"})
    s3.copy_object(Bucket="lake", Key="b", CopySource={"Bucket": "lake", "Key": "a"})
    assert body_of(s3, "lake", "b") == b"x"
    s3.create_bucket(Bucket="here")
    s3.put_object(Bucket="here", Key="c", Body=b"here", Metadata={"m": "2"})
    s3.copy_object(Bucket="lake", Key="c", CopySource={"Bucket": "here", "Key": "c"})
    got = s3.get_object(Bucket="lake", Key="c")
    assert (got["Body"].read(), got["Metadata"]) == (b"here", {"m": "2"})
    with refused("NotImplemented", status=501):
        s3.copy_object(Bucket="here", Key="d", CopySource={"Bucket": "lake", "Key": "a"})
    with refused("NoSuchKey", status=404):
        s3.copy_object(Bucket="lake", Key="d", CopySource={"Bucket": "lake", "Key": "never"})
    s3.delete_object(Bucket="here", Key="c")
    s3.delete_bucket(Bucket="here")


def test_what_cannot_be_done_outside_is_refused(s3, mapped):
    s3.put_object(Bucket="lake", Key="k", Body=b"x", Tagging="a=1")
    for refusal in (
        lambda: s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"}),
        lambda: s3.get_object_tagging(Bucket="lake", Key="k"),
        lambda: s3.put_bucket_tagging(Bucket="lake", Tagging={"TagSet": []}),
        lambda: s3.get_object(Bucket="lake", Key="k", VersionId="x"),
        lambda: s3.put_object(Bucket="lake", Key="a//b", Body=b""),
        lambda: s3.put_object(Bucket="lake", Key="folder/", Body=b""),
        lambda: s3.list_objects_v2(Bucket="lake", Delimiter="-"),
        lambda: s3.delete_bucket(Bucket="lake"),
    ):
        with refused("NotImplemented", status=501):
            refusal()
    stranger = s3_client(mapped, "210000000078")
    with refused("AccessDenied", status=403):
        stranger.get_object(Bucket="lake", Key="k")


def test_a_store_that_is_away_is_told(servers, tmp_path):
    table = '[s3.mapped.lake]\nendpoint = "http://127.0.0.1:1"\nbucket = "b"\naccess-key = "k"\nsecret-key = "s"\n'
    (tmp_path / "config.toml").write_text(table + "allow-http = true\n")
    server = servers("--config", str(tmp_path / "config.toml")).start()
    s3 = s3_client(server, "000000000000")
    with refused("ServiceUnavailable", status=503):
        s3.put_object(Bucket="lake", Key="k", Body=b"x")
    with refused("ServiceUnavailable", status=503):
        s3.get_object(Bucket="lake", Key="k")


def test_firehose_delivers_outside(s3, mapped, outside):
    firehose = client(mapped, ACCOUNT, "firehose")
    firehose.create_delivery_stream(
        DeliveryStreamName="to-the-lake",
        ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/firehose",
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": "delivered/",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
        },
    )

    def is_active():
        described = firehose.describe_delivery_stream(DeliveryStreamName="to-the-lake")
        return described["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE"

    eventually(is_active, what="the delivery stream to become ACTIVE")
    firehose.put_record(DeliveryStreamName="to-the-lake", Record={"Data": b"a record\n"})

    def delivered():
        return outside.s3.list_objects_v2(Bucket="real-lake", Prefix="in/delivered/").get("Contents")

    found = eventually(delivered, 20, what="the object in the outside store")
    assert outside.s3.get_object(Bucket="real-lake", Key=found[0]["Key"])["Body"].read() == b"a record\n"
    firehose.delete_delivery_stream(DeliveryStreamName="to-the-lake")
