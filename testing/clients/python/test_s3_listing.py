"""Listings: order, prefixes, delimiters, pages, tokens, both versions, and tokens that nobody gave."""

import pytest

from harness.clients import refused
from harness.s3 import keys_of, new_bucket, s3_client

KEYS = ["a", "a/1", "a/2", "a/b/3", "a0", "b/", "b/x", "c//d", "e f&g", "ä", "日本/語", "z\x7f"]


@pytest.fixture(scope="module")
def listed(server):
    """A client and a bucket with keys of every kind."""
    s3 = s3_client(server, "210000000001")
    bucket = new_bucket(s3)
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return s3, bucket


def in_order(keys):
    """As S3 orders: by the bytes of UTF-8."""
    return sorted(keys, key=lambda key: key.encode())


def test_keys_come_in_the_order_of_their_bytes(listed):
    s3, bucket = listed
    assert keys_of(s3, bucket) == in_order(KEYS)
    old = s3.list_objects(Bucket=bucket)
    assert [found["Key"] for found in old["Contents"]] == in_order(KEYS)
    assert (old["IsTruncated"], old["Name"], old["MaxKeys"]) == (False, bucket, 1000)
    one = s3.list_objects_v2(Bucket=bucket, Prefix="a/b")["Contents"][0]
    assert (one["Key"], one["Size"], one["StorageClass"]) == ("a/b/3", 5, "STANDARD")


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("prefix", ["", "a", "a/", "b", "nothing"])
@pytest.mark.parametrize("delimiter", [None, "/", "b"])
def test_pages_put_together_are_the_whole(listed, size, prefix, delimiter):
    s3, bucket = listed
    matching = [key for key in in_order(KEYS) if key.startswith(prefix)]
    expected_keys, expected_prefixes = [], []
    for key in matching:
        rest = key[len(prefix) :]
        if delimiter and delimiter in rest:
            common = prefix + rest[: rest.index(delimiter) + len(delimiter)]
            if common not in expected_prefixes:
                expected_prefixes.append(common)
        else:
            expected_keys.append(key)
    more = {"Delimiter": delimiter} if delimiter else {}
    for operation, version in (("list_objects_v2", 2), ("list_objects", 1)):
        keys, prefixes, pages = [], [], 0
        paginator = s3.get_paginator(operation)
        for page in paginator.paginate(Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": size}, **more):
            found = [found["Key"] for found in page.get("Contents", [])]
            common = [found["Prefix"] for found in page.get("CommonPrefixes", [])]
            assert len(found) + len(common) <= size
            if version == 2:
                assert page["KeyCount"] == len(found) + len(common)
            keys += found
            prefixes += common
            pages += 1
        assert keys == expected_keys, operation
        assert prefixes == expected_prefixes, operation
        assert pages == max(1, -(-(len(keys) + len(prefixes)) // size)), operation


def test_listings_begin_where_they_should(listed):
    s3, bucket = listed
    names = lambda answer: [found["Key"] for found in answer.get("Contents", [])]  # noqa: E731
    assert names(s3.list_objects_v2(Bucket=bucket, StartAfter="b/")) == [k for k in in_order(KEYS) if k > "b/"]
    assert names(s3.list_objects(Bucket=bucket, Marker="b/x"))[0] == "c//d"
    # A marker inside a common prefix does not bring the prefix again.
    old = s3.list_objects(Bucket=bucket, Marker="a/1", Delimiter="/")
    assert "a/" in [found["Prefix"] for found in old["CommonPrefixes"]]
    assert names(s3.list_objects_v2(Bucket=bucket, StartAfter="zzz", Prefix="a")) == []
    empty = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (empty["KeyCount"], empty["IsTruncated"]) == (0, False)
    owned = s3.list_objects_v2(Bucket=bucket, FetchOwner=True, MaxKeys=1)
    assert owned["Contents"][0]["Owner"]["ID"]


def test_names_that_xml_cannot_hold_are_encoded(server, account):
    s3 = s3_client(server, account)
    bucket = new_bucket(s3)
    strange = ["a\x01b", "new\nline", "a+b c%20", "<&>\"'", "\u00a0 x "]
    for key in strange:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    # boto3 asks for encoding-type=url by itself.
    assert keys_of(s3, bucket) == in_order(strange)
    assert s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in strange[1:]]})["Deleted"]
    assert keys_of(s3, bucket) == strange[:1]


def test_forged_tokens_are_refused(listed):
    s3, bucket = listed
    for forged in ("x", "", "AAAA", "a" * 2000, "../../etc", "\x01\x02", "%00"):
        try:
            answer = s3.list_objects_v2(Bucket=bucket, ContinuationToken=forged)
            # AWS ignores an empty token; nothing else may pass as one.
            assert forged == "", f"{forged!r} was taken: {answer.get('KeyCount')}"
        except s3.exceptions.ClientError as error:
            found = error.response["Error"]
            assert found["Code"] == "InvalidArgument", (forged, found)
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    # A token of one bucket opens nothing in another.
    token = s3.list_objects_v2(Bucket=bucket, MaxKeys=3)["NextContinuationToken"]
    other = new_bucket(s3)
    try:
        assert s3.list_objects_v2(Bucket=other, ContinuationToken=token).get("KeyCount") == 0
    except s3.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidArgument"
    for wrong in (-1, 2**31 - 1):
        try:
            assert s3.list_objects_v2(Bucket=bucket, MaxKeys=wrong)["MaxKeys"] in (1000, 2**31 - 1)
        except s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidArgument"


def test_versions_are_listed_in_pages(server, account):
    s3 = s3_client(server, account)
    bucket = new_bucket(s3)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    expected = []
    for key in ("a", "b/1", "b/2", "c"):
        ids = [s3.put_object(Bucket=bucket, Key=key, Body=bytes([n]))["VersionId"] for n in range(3)]
        marker = s3.delete_object(Bucket=bucket, Key=key)["VersionId"]
        expected += [(key, marker)] + [(key, id) for id in reversed(ids)]
    for size in (1, 3, 5, 1000):
        found = []
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        for page in pages:
            entries = page.get("Versions", []) + page.get("DeleteMarkers", [])
            found += [(entry["Key"], entry["VersionId"]) for entry in entries]
            assert len(entries) <= size
        assert sorted(found) == sorted(expected), size
    page = s3.list_object_versions(Bucket=bucket, Delimiter="/")
    assert [common["Prefix"] for common in page["CommonPrefixes"]] == ["b/"]
    latest = [entry for entry in page["DeleteMarkers"] if entry["IsLatest"]]
    assert len(latest) == 2
    with refused("InvalidArgument", status=400):
        s3.list_object_versions(Bucket=bucket, VersionIdMarker="x", KeyMarker="")
