"""Delivery streams: creation, descriptions, changes, tags, encryption and puts, by boto3."""

import datetime
import urllib.request

import pytest

from harness.clients import REGION, client, refused
from harness.polling import eventually
from harness.wire import Wire, credentials

HINTS = {"SizeInMBs": 5, "IntervalInSeconds": 300}


@pytest.fixture
def firehose(server, account):
    """A client of the shared server."""
    return client(server, account, "firehose")


def bucket_settings(account, **more):
    """The least a bucket needs."""
    role = f"arn:aws:iam::{account}:role/firehose"
    return {"RoleARN": role, "BucketARN": f"arn:aws:s3:::lake-{account}", **more}


def described(firehose, name):
    """The description of a delivery stream."""
    return firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]


def active(firehose, name):
    """Waits until the delivery stream is ACTIVE and answers its description."""

    def probe():
        description = described(firehose, name)
        return description if description["DeliveryStreamStatus"] == "ACTIVE" else None

    return eventually(probe, what=f"delivery stream {name} to become ACTIVE")


def make(firehose, account, name="clicks", **more):
    """Creates a delivery stream into a bucket, waits for it and answers its description."""
    settings = more or {"ExtendedS3DestinationConfiguration": bucket_settings(account)}
    firehose.create_delivery_stream(DeliveryStreamName=name, **settings)
    return active(firehose, name)


def test_a_delivery_stream_shows_its_defaults(firehose, account):
    description = make(firehose, account)
    created = description.pop("CreateTimestamp")
    assert abs(datetime.datetime.now(datetime.timezone.utc) - created) < datetime.timedelta(seconds=30)
    destination = description.pop("Destinations")[0]
    assert description == {
        "DeliveryStreamName": "clicks",
        "DeliveryStreamARN": f"arn:aws:firehose:{REGION}:{account}:deliverystream/clicks",
        "DeliveryStreamStatus": "ACTIVE",
        "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
        "DeliveryStreamType": "DirectPut",
        "VersionId": "1",
        "HasMoreDestinations": False,
    }
    plain = {
        **bucket_settings(account),
        "BufferingHints": HINTS,
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
    }
    assert destination == {
        "DestinationId": "destinationId-000000000001",
        "S3DestinationDescription": plain,
        "ExtendedS3DestinationDescription": {**plain, "S3BackupMode": "Disabled"},
    }


def test_accounts_and_regions_are_worlds_apart(server, firehose, account):
    make(firehose, account)
    elsewhere = client(server, account, "firehose", region="eu-west-1")
    assert elsewhere.list_delivery_streams()["DeliveryStreamNames"] == []
    with refused("ResourceNotFoundException", f"Firehose clicks under account {account} not found."):
        described(elsewhere, "clicks")


def test_listings_page_by_name(firehose, account):
    names = [f"stream-{n:02}" for n in range(13)]
    for name in reversed(names):
        firehose.create_delivery_stream(DeliveryStreamName=name, S3DestinationConfiguration=bucket_settings(account))
    first = firehose.list_delivery_streams()
    assert first["DeliveryStreamNames"] == names[:10] and first["HasMoreDeliveryStreams"] is True
    rest = firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName=names[9], DeliveryStreamType="DirectPut")
    assert rest["DeliveryStreamNames"] == names[10:] and rest["HasMoreDeliveryStreams"] is False


def test_updates_merge_and_versions_guard(firehose, account):
    make(firehose, account)
    update = {"DeliveryStreamName": "clicks", "DestinationId": "destinationId-000000000001"}
    change = {"Prefix": "in/", "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60}}
    firehose.update_destination(
        CurrentDeliveryStreamVersionId="1", ExtendedS3DestinationUpdate=change, **update
    )
    description = described(firehose, "clicks")
    extended = description["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert (description["VersionId"], extended["Prefix"], extended["CompressionFormat"]) == ("2", "in/", "UNCOMPRESSED")
    assert description["LastUpdateTimestamp"] >= description["CreateTimestamp"]
    words = (
        "Cannot update firehose: clicks since the current version id: 2 and specified version id: 1 do not match"
    )
    with refused("ConcurrentModificationException", words):
        firehose.update_destination(
            CurrentDeliveryStreamVersionId="1", ExtendedS3DestinationUpdate={"Prefix": "x/"}, **update
        )


def test_tags(firehose, account):
    make(firehose, account)
    firehose.tag_delivery_stream(DeliveryStreamName="clicks", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a"}])
    page = firehose.list_tags_for_delivery_stream(DeliveryStreamName="clicks", Limit=1)
    assert page["Tags"] == [{"Key": "a"}] and page["HasMoreTags"] is True
    firehose.untag_delivery_stream(DeliveryStreamName="clicks", TagKeys=["a"])
    assert firehose.list_tags_for_delivery_stream(DeliveryStreamName="clicks")["Tags"] == [{"Key": "b", "Value": "1"}]


def test_a_deleted_stream_is_gone_and_its_name_is_free(firehose, account):
    make(firehose, account)
    firehose.delete_delivery_stream(DeliveryStreamName="clicks")
    eventually(lambda: firehose.list_delivery_streams()["DeliveryStreamNames"] == [], what="the deletion")
    with refused("ResourceNotFoundException"):
        firehose.put_record(DeliveryStreamName="clicks", Record={"Data": b"late"})
    assert make(firehose, account)["VersionId"] == "1"


def test_puts_are_answered_entry_by_entry(firehose, account):
    make(firehose, account)
    one = firehose.put_record(DeliveryStreamName="clicks", Record={"Data": b"x" * 1_024_000})
    batch = firehose.put_record_batch(DeliveryStreamName="clicks", Records=[{"Data": b"%d" % n} for n in range(500)])
    ids = [entry["RecordId"] for entry in batch["RequestResponses"]]
    assert batch["FailedPutCount"] == 0 and len(set(ids) | {one["RecordId"]}) == 501
    words = "The total size of the records exceeds the maximum allowed size of 4194304 bytes."
    with refused("InvalidArgumentException", words):
        firehose.put_record_batch(DeliveryStreamName="clicks", Records=[{"Data": b"x" * 1_000_000}] * 5)


def test_encryption_begins_and_ends(server, firehose, account):
    make(firehose, account)
    key = client(server, account, "kms").create_key()["KeyMetadata"]["Arn"]
    own = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}
    firehose.start_delivery_stream_encryption(
        DeliveryStreamName="clicks", DeliveryStreamEncryptionConfigurationInput=own
    )

    def state(expected):
        found = described(firehose, "clicks")["DeliveryStreamEncryptionConfiguration"]
        return found if found["Status"] == expected else None

    assert eventually(lambda: state("ENABLED"))["KeyARN"] == key
    assert firehose.put_record(DeliveryStreamName="clicks", Record={"Data": b"secret"})["Encrypted"] is True
    firehose.stop_delivery_stream_encryption(DeliveryStreamName="clicks")
    eventually(lambda: state("DISABLED"))
    assert firehose.put_record(DeliveryStreamName="clicks", Record={"Data": b"open"})["Encrypted"] is False


def test_a_key_that_cannot_be_used_is_named_with_its_code(server, firehose, account):
    make(firehose, account)
    kms = client(server, account, "kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=key)
    own = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}
    with refused("InvalidKMSResourceException") as seen:
        firehose.start_delivery_stream_encryption(
            DeliveryStreamName="clicks", DeliveryStreamEncryptionConfigurationInput=own
        )
    assert seen[0]["code"] == "DisabledException"


def test_a_kinesis_stream_as_source_takes_no_puts(server, firehose, kinesis, account):
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    arn = f"arn:aws:kinesis:{REGION}:{account}:stream/orders"
    source = {"KinesisStreamARN": arn, "RoleARN": f"arn:aws:iam::{account}:role/firehose"}
    description = make(
        firehose,
        account,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration=source,
        ExtendedS3DestinationConfiguration=bucket_settings(account),
    )
    assert description["Source"]["KinesisStreamSourceDescription"].items() >= source.items()
    words = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
    with refused("InvalidArgumentException", words):
        firehose.put_record(DeliveryStreamName="clicks", Record={"Data": b"x"})


def test_metrics_count_what_came_in(server, firehose, account):
    make(firehose, account)
    firehose.put_record(DeliveryStreamName="clicks", Record={"Data": b"12345"})
    text = urllib.request.urlopen(server.url + "/metrics", timeout=10).read().decode()
    labels = f'{{account="{account}",region="{REGION}",delivery_stream_name="clicks"}}'
    assert f"aws_firehose_incoming_bytes_total{labels} 5" in text.splitlines()


@pytest.fixture
def wire(server, account):
    """Sends a body as it is, signed for Firehose."""
    made = Wire(server, account)

    def send(operation, body):
        signed = credentials(account, service="firehose")
        return made.send(operation, body, target="Firehose_20150804", headers=signed)

    yield send
    made.close()


@pytest.mark.parametrize(
    "body",
    [
        {"DeliveryStreamName": "x", "ExtendedS3DestinationConfiguration": []},
        {"DeliveryStreamName": "x", "ExtendedS3DestinationConfiguration": {"BufferingHints": "5"}},
        {"DeliveryStreamName": "x", "ExtendedS3DestinationConfiguration": {"Prefix": 5}},
        {"DeliveryStreamName": 5},
        {"DeliveryStreamName": "x", "Tags": {"a": "b"}},
        b'{"DeliveryStreamName": ' + b"[" * 100_000,
    ],
)
def test_wrong_types_are_refused_and_hurt_nobody(wire, body):
    answer = wire("CreateDeliveryStream", body)
    assert (answer.status, answer.code) == (400, "SerializationException")
    assert wire("ListDeliveryStreams", {}).status == 200


def test_absurd_batches_are_refused(wire):
    """A million entries of two bytes each must neither be accepted nor fill the memory."""
    body = b'{"DeliveryStreamName": "x", "Records": [' + b"{}," * 1_000_000 + b"{}]}"
    answer = wire("PutRecordBatch", body)
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert "at 'records' failed to satisfy constraint: Member must have length less than or equal to 500" in answer.message
