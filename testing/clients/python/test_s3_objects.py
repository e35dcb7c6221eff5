"""A day's work with objects: put, get, head, copy, delete, metadata, tags, ranges, conditions."""

import datetime
import hashlib
import threading

import pytest

from harness.clients import new_account, refused
from harness.s3 import MIB, body_of, content, keys_of, new_bucket, s3_client


def test_buckets_are_made_listed_and_deleted(s3, server):
    name = new_bucket(s3)
    assert name in [found["Name"] for found in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    # us-east-1 answers a second creation as if nothing had happened.
    s3.create_bucket(Bucket=name)
    other = s3_client(server, new_account())
    with refused("BucketAlreadyExists", status=409):
        other.create_bucket(Bucket=name)
    assert name not in [found["Name"] for found in other.list_buckets()["Buckets"]]
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    with refused("BucketNotEmpty", status=409):
        s3.delete_bucket(Bucket=name)
    s3.delete_object(Bucket=name, Key="a")
    s3.delete_bucket(Bucket=name)
    with refused("NoSuchBucket", status=404):
        s3.list_objects_v2(Bucket=name)
    with refused("404", status=404):
        s3.head_bucket(Bucket=name)
    with refused("NoSuchBucket", status=404):
        s3.delete_bucket(Bucket=name)
    with refused("InvalidBucketName", status=400):
        lax = s3_client(server, new_account(), validate=False)
        lax.meta.events.unregister("before-parameter-build.s3", _bucket_check(lax))
        lax.create_bucket(Bucket="Bad_Name")


def _bucket_check(_):
    from botocore.handlers import validate_bucket_name

    return validate_bucket_name


def test_a_bucket_of_another_region_says_so(server, account):
    europe = s3_client(server, account, region="eu-west-1")
    name = new_bucket(europe, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert europe.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    with refused("IllegalLocationConstraintException", status=400):
        europe.create_bucket(Bucket=name + "-2")
    with refused("BucketAlreadyOwnedByYou", status=409):
        europe.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


@pytest.mark.parametrize("size", [0, 1, 1000, 64 * 1024, 64 * 1024 + 1, 3 * MIB])
def test_what_was_put_is_got(s3, bucket, size):
    data = content(size, size)
    put = s3.put_object(Bucket=bucket, Key="a/b c+ü.bin", Body=data, ContentType="text/x", Metadata={"Color": "blue"})
    assert put["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="a/b c+ü.bin")
    assert got["Body"].read() == data
    assert (got["ContentLength"], got["ContentType"], got["Metadata"]) == (size, "text/x", {"color": "blue"})
    assert got["ETag"] == put["ETag"] and got["AcceptRanges"] == "bytes"
    head = s3.head_object(Bucket=bucket, Key="a/b c+ü.bin")
    assert (head["ContentLength"], head["ETag"]) == (size, put["ETag"])
    age = datetime.datetime.now(datetime.timezone.utc) - head["LastModified"]
    assert abs(age.total_seconds()) < 60
    assert keys_of(s3, bucket) == ["a/b c+ü.bin"]


def test_system_metadata_comes_back(s3, bucket):
    given = {
        "CacheControl": "max-age=60",
        "ContentDisposition": 'attachment; filename="a.txt"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "application/json",
    }
    s3.put_object(Bucket=bucket, Key="k", Body=b"{}", **given)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert {name: head[name] for name in given} == given
    overridden = s3.get_object(
        Bucket=bucket, Key="k", ResponseContentType="text/plain", ResponseCacheControl="no-store"
    )
    assert (overridden["ContentType"], overridden["CacheControl"]) == ("text/plain", "no-store")
    s3.put_object(Bucket=bucket, Key="plain", Body=b"")
    assert s3.head_object(Bucket=bucket, Key="plain")["ContentType"] == "binary/octet-stream"


def test_ranges(s3, bucket):
    data = content(200_000)
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    for wanted, expected in (
        ("bytes=0-9", data[:10]),
        ("bytes=100-", data[100:]),
        ("bytes=-7", data[-7:]),
        ("bytes=65530-65550", data[65530:65551]),
        ("bytes=199990-999999999999999", data[199990:]),
        ("bytes=-999999999", data),
    ):
        got = s3.get_object(Bucket=bucket, Key="k", Range=wanted)
        assert got["Body"].read() == expected, wanted
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206, wanted
        assert got["ContentRange"].endswith("/200000"), wanted
    for absurd in ("bytes=200000-", "bytes=999999999999-9999999999999", "bytes=-0"):
        with refused("InvalidRange", status=416):
            s3.get_object(Bucket=bucket, Key="k", Range=absurd)
    # What is no range is ignored.
    for ignored in ("bytes=9-3", "lines=1-2", "bytes=a-b", "bytes=99999999999999999999999-"):
        try:
            assert body_of(s3, bucket, "k", Range=ignored) == data, ignored
        except s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] in ("InvalidRange", "InvalidArgument"), ignored


def test_conditional_reads(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    when = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    hour = datetime.timedelta(hours=1)
    get = lambda **more: body_of(s3, bucket, "k", **more)  # noqa: E731
    assert get(IfMatch=etag) == b"x"
    assert get(IfNoneMatch='"other"') == b"x"
    assert get(IfModifiedSince=when - hour) == b"x"
    assert get(IfUnmodifiedSince=when + hour) == b"x"
    # A matching tag outweighs a date that does not hold.
    assert get(IfMatch=etag, IfUnmodifiedSince=when - hour) == b"x"
    for failing in ({"IfMatch": '"other"'}, {"IfUnmodifiedSince": when - hour}):
        with refused("PreconditionFailed", status=412):
            get(**failing)
    for unchanged in ({"IfNoneMatch": etag}, {"IfModifiedSince": when}, {"IfNoneMatch": "*"}):
        with refused("304", status=304):
            get(**unchanged)
    with refused("412", status=412):
        s3.head_object(Bucket=bucket, Key="k", IfMatch='"other"')


def test_what_is_not_there(s3, bucket):
    with refused("NoSuchKey", "The specified key does not exist.", 404) as seen:
        s3.get_object(Bucket=bucket, Key="nothing")
    assert seen[0]["Error"]["Key"] == "nothing"
    with refused("404", "Not Found", 404):
        s3.head_object(Bucket=bucket, Key="nothing")
    assert s3.delete_object(Bucket=bucket, Key="nothing")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NoSuchKey", status=404):
        s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "nothing"})


def test_copies(s3, bucket):
    data = content(300_000, 5)
    s3.put_object(Bucket=bucket, Key="a", Body=data, Metadata={"m": "1"}, ContentType="text/a", Tagging="t=1")
    other = new_bucket(s3)
    copied = s3.copy_object(Bucket=other, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = s3.get_object(Bucket=other, Key="b")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (data, {"m": "1"}, "text/a")
    assert s3.get_object_tagging(Bucket=other, Key="b")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(
        Bucket=other,
        Key="b",
        CopySource={"Bucket": other, "Key": "b"},
        MetadataDirective="REPLACE",
        Metadata={"m": "2"},
    )
    assert s3.head_object(Bucket=other, Key="b")["Metadata"] == {"m": "2"}
    with refused("InvalidRequest", status=400):
        s3.copy_object(Bucket=other, Key="b", CopySource={"Bucket": other, "Key": "b"})
    with refused("PreconditionFailed", status=412):
        s3.copy_object(Bucket=other, Key="c", CopySource={"Bucket": bucket, "Key": "a"}, CopySourceIfMatch='"no"')
    # Copies share bytes; deleting one leaves the other.
    s3.delete_object(Bucket=bucket, Key="a")
    assert body_of(s3, other, "b") == data


def test_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b=two%20words")
    tags = lambda: {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]}  # noqa: E731
    assert tags() == {"a": "1", "b": "two words"}
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    assert tags() == {"c": "3"}
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert tags() == {}
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(11)]
    with refused("BadRequest", status=400):
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": many})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "blue"}]
    s3.delete_bucket_tagging(Bucket=bucket)
    with refused("NoSuchTagSet", status=404):
        s3.get_bucket_tagging(Bucket=bucket)


def test_many_are_deleted_at_once(s3, bucket):
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"x")
    wanted = [{"Key": f"k{number}"} for number in (0, 1, 2, 99)]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert sorted(gone["Key"] for gone in answer["Deleted"]) == ["k0", "k1", "k2", "k99"]
    assert "Errors" not in answer
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k3"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert keys_of(s3, bucket) == ["k4"]


def race(count, work):
    """Runs `work(number)` on so many threads at once and answers what each came to."""
    barrier = threading.Barrier(count)
    outcomes = [None] * count

    def run(number):
        barrier.wait()
        try:
            outcomes[number] = work(number)
        except Exception as error:  # The test looks at it.
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def code(outcome):
    """The error code of an outcome, or nothing."""
    return outcome.response["Error"]["Code"] if isinstance(outcome, Exception) else None


def test_of_racing_writers_exactly_one_creates(server, account, s3, bucket):
    clients = [s3_client(server, account) for _ in range(12)]
    for round in range(5):
        key = f"race-{round}"

        def create(number, key=key):
            clients[number].put_object(Bucket=bucket, Key=key, Body=f"{number}".encode(), IfNoneMatch="*")
            return number

        outcomes = race(len(clients), create)
        winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
        assert len(winners) == 1, outcomes
        assert body_of(s3, bucket, key) == f"{winners[0]}".encode()
        assert {code(outcome) for outcome in outcomes} <= {None, "PreconditionFailed", "ConditionalRequestConflict"}
    with refused("PreconditionFailed", status=412):
        s3.put_object(Bucket=bucket, Key="race-0", Body=b"", IfNoneMatch="*")


def test_racing_swaps_lose_no_update(server, account, s3, bucket):
    clients = [s3_client(server, account) for _ in range(8)]
    s3.put_object(Bucket=bucket, Key="counter", Body=b"0")

    def count(number):
        done = 0
        while done < 10:
            found = clients[number].get_object(Bucket=bucket, Key="counter")
            value = int(found["Body"].read()) + 1
            try:
                clients[number].put_object(
                    Bucket=bucket, Key="counter", Body=str(value).encode(), IfMatch=found["ETag"]
                )
                done += 1
            except clients[number].exceptions.ClientError as error:
                assert error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"), error
        return done

    assert race(len(clients), count) == [10] * len(clients)
    assert body_of(s3, bucket, "counter") == b"80"
    with refused("NoSuchKey", status=404):
        s3.put_object(Bucket=bucket, Key="nothing", Body=b"", IfMatch='"x"')


def test_readers_of_a_replaced_object_finish_what_they_began(s3, bucket):
    data = content(8 * MIB, 9)
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    body = s3.get_object(Bucket=bucket, Key="k")["Body"]
    first = body.read(100)
    s3.put_object(Bucket=bucket, Key="k", Body=b"new")
    s3.delete_object(Bucket=bucket, Key="k")
    assert first + body.read() == data
