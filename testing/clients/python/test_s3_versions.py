"""Versioning, lifecycle rules and what else a bucket can be told, as boto3 says it."""

import datetime

import pytest

from harness.clients import refused
from harness.polling import eventually
from harness.s3 import body_of, keys_of


def versioned(s3, bucket, status="Enabled"):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def put(s3, bucket, body, key="k"):
    return s3.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId")


def versions(s3, bucket):
    page = s3.list_object_versions(Bucket=bucket)
    return [entry["VersionId"] for entry in page.get("Versions", []) + page.get("DeleteMarkers", [])]


def test_old_versions_stay(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert put(s3, bucket, b"null") is None
    versioned(s3, bucket)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    first, second = put(s3, bucket, b"1"), put(s3, bucket, b"2")
    assert first and second and first != second
    assert body_of(s3, bucket, "k") == b"2"
    assert body_of(s3, bucket, "k", VersionId=first) == b"1"
    assert body_of(s3, bucket, "k", VersionId="null") == b"null"
    gone = s3.delete_object(Bucket=bucket, Key="k")
    assert gone["DeleteMarker"] is True
    with refused("NoSuchKey", status=404) as seen:
        s3.get_object(Bucket=bucket, Key="k")
    assert seen[0]["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    with refused("MethodNotAllowed", status=405):
        s3.get_object(Bucket=bucket, Key="k", VersionId=gone["VersionId"])
    assert keys_of(s3, bucket) == []
    assert versions(s3, bucket)[:3] == [second, first, "null"]
    # Taking the marker away brings the object back.
    s3.delete_object(Bucket=bucket, Key="k", VersionId=gone["VersionId"])
    assert body_of(s3, bucket, "k") == b"2"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert body_of(s3, bucket, "k") == b"1"
    with refused("NoSuchVersion", status=404):
        s3.get_object(Bucket=bucket, Key="k", VersionId=second)
    with refused("InvalidArgument", status=400):
        s3.get_object(Bucket=bucket, Key="k", VersionId="nonsense")
    with refused("BucketNotEmpty", status=409):
        s3.delete_bucket(Bucket=bucket)


def test_suspension_writes_the_null_version(s3, bucket):
    versioned(s3, bucket)
    kept = put(s3, bucket, b"kept")
    versioned(s3, bucket, "Suspended")
    assert put(s3, bucket, b"a") == "null"
    assert put(s3, bucket, b"b") == "null"
    assert body_of(s3, bucket, "k", VersionId="null") == b"b"
    assert body_of(s3, bucket, "k", VersionId=kept) == b"kept"
    assert s3.delete_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    assert body_of(s3, bucket, "k", VersionId=kept) == b"kept"
    with refused("MalformedXML", status=400):
        versioned(s3, bucket, "On")


def test_versions_are_copied_and_tagged(s3, bucket):
    versioned(s3, bucket)
    first = put(s3, bucket, b"1")
    put(s3, bucket, b"2")
    source = {"Bucket": bucket, "Key": "k", "VersionId": first}
    assert s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)["CopySourceVersionId"] == first
    assert body_of(s3, bucket, "copy") == b"1"
    s3.put_object_tagging(Bucket=bucket, Key="k", VersionId=first, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert len(s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=first)["TagSet"]) == 1
    objects = [{"Key": "k", "VersionId": first}, {"Key": "copy"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    by_key = {gone["Key"]: gone for gone in answer["Deleted"]}
    assert by_key["k"]["VersionId"] == first and by_key["copy"]["DeleteMarker"] is True


def rule(**more):
    return {"ID": "one", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, **more}


def set_rules(s3, bucket, *rules):
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def test_rules_are_kept_and_carried_out(s3, bucket):
    with refused("NoSuchLifecycleConfiguration", status=404):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    given = [
        rule(Expiration={"Days": 3}),
        rule(
            ID="two",
            Filter={"And": {"Prefix": "a", "Tags": [{"Key": "t", "Value": "1"}], "ObjectSizeGreaterThan": 5}},
            NoncurrentVersionExpiration={"NoncurrentDays": 2, "NewerNoncurrentVersions": 3},
        ),
        rule(ID="three", Status="Disabled", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}),
        rule(ID="four", Filter={}, Expiration={"ExpiredObjectDeleteMarker": True}),
    ]
    set_rules(s3, bucket, *given)
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    given[3]["Filter"] = {"Prefix": ""}
    assert found == given
    # A date in the past is over at once.
    s3.put_object(Bucket=bucket, Key="logs/a", Body=b"x")
    s3.put_object(Bucket=bucket, Key="kept", Body=b"x")
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    set_rules(s3, bucket, rule(Expiration={"Date": past}))
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"]["Date"] == past
    eventually(lambda: keys_of(s3, bucket) == ["kept"], what="the rule to be carried out")
    s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("NoSuchLifecycleConfiguration", status=404):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (rule(Expiration={"Days": 0}), "InvalidArgument"),
        (rule(), "InvalidRequest"),
        (rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True}), "MalformedXML"),
        (rule(Expiration={"Date": datetime.datetime(2020, 1, 1, 5)}), "InvalidArgument"),
        (rule(Status="On", Expiration={"Days": 1}), "MalformedXML"),
        (rule(Transitions=[{"Days": 30, "StorageClass": "GLACIER"}]), "NotImplemented"),
    ],
)
def test_rules_that_cannot_be_carried_out_are_refused(s3, bucket, wrong, code):
    with refused(code, status=501 if code == "NotImplemented" else 400):
        set_rules(s3, bucket, wrong)


def test_what_is_not_done_is_refused_by_name(s3, bucket):
    arn = "arn:aws:sqs:us-east-1:123456789012:q"
    queue = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    with refused("NotImplemented", status=501) as seen:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [queue]}
        )
    assert "SQS" in seen[0]["Error"]["Message"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    for refusal in (
        lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="aws:kms:dsse"),
        lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", StorageClass="GLACIER"),
        lambda: s3.put_bucket_policy(Bucket=bucket, Policy="{}"),
        lambda: s3.put_bucket_replication(
            Bucket=bucket,
            ReplicationConfiguration={"Role": "r", "Rules": [{"Status": "Enabled", "Destination": {"Bucket": "b"}}]},
        ),
    ):
        with refused("NotImplemented", status=501):
            refusal()
    with refused("AccessControlListNotSupported", status=400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="public-read")
