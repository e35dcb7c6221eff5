"""What a delivery stream makes of records: objects in every format, partitions, splits, copies; read by other decoders."""

import base64
import gzip
import io
import json
import re
import zipfile

import pytest
import snappy
from snappy import snappy as framings

from harness.clients import client
from harness.polling import eventually
from harness.s3 import body_of, keys_of, new_bucket, s3_client

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SUFFIX = rf"orders-1-\d{{4}}(-\d\d){{5}}-{UUID}"
LINES = [f'{{"customer":"c-{number % 3}","number":{number}}}'.encode() for number in range(2_000)]


@pytest.fixture
def firehose(server, account):
    """A client of the shared server."""
    return client(server, account, "firehose")


def make(firehose, account, bucket, **settings):
    """A delivery stream that delivers within a moment."""
    firehose.create_delivery_stream(
        DeliveryStreamName="orders",
        ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{account}:role/firehose",
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 0},
            **settings,
        },
    )

    def probe():
        described = firehose.describe_delivery_stream(DeliveryStreamName="orders")["DeliveryStreamDescription"]
        return described["DeliveryStreamStatus"] == "ACTIVE"

    eventually(probe, what="the delivery stream to become ACTIVE")


def put(firehose, records):
    for start in range(0, len(records), 500):
        entries = [{"Data": data} for data in records[start : start + 500]]
        answer = firehose.put_record_batch(DeliveryStreamName="orders", Records=entries)
        assert answer["FailedPutCount"] == 0


def processors(*steps):
    """A processing configuration of these types and parameters."""
    listed = [
        {
            "Type": kind,
            "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()],
        }
        for kind, parameters in steps
    ]
    return {"ProcessingConfiguration": {"Enabled": True, "Processors": listed}}


def arrived(s3, bucket, decode, expected, prefix=""):
    """Waits until the objects below a prefix have these bytes altogether, and answers their keys."""

    def probe():
        keys = keys_of(s3, bucket, Prefix=prefix)
        return keys if sum(len(decode(body_of(s3, bucket, key))) for key in keys) >= len(expected) else None

    keys = eventually(probe, 30, every=0.2, what=f"{len(expected)} bytes below {prefix!r}")
    # Keys of one hour order by their instants; records stay in order over objects.
    ordered = sorted(keys, key=lambda key: s3.head_object(Bucket=bucket, Key=key)["LastModified"])
    whole = b"".join(decode(body_of(s3, bucket, key)) for key in ordered)
    assert sorted(whole.split(b"\n")) == sorted(expected.split(b"\n"))
    return keys


def unzip(body):
    """The one entry of a ZIP file, named by a UUID."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (entry,) = archive.infolist()
        assert re.fullmatch(UUID, entry.filename)
        assert archive.testzip() is None
        return archive.read(entry)


def xerial(body):
    """The stream of snappy-java: a header, then blocks behind their lengths."""
    assert body[:16] == b"\x82SNAPPY\x00" + b"\x00\x00\x00\x01" * 2
    out, at = [], 16
    while at < len(body):
        length = int.from_bytes(body[at : at + 4], "big")
        out.append(snappy.uncompress(body[at + 4 : at + 4 + length]))
        at += 4 + length
    return b"".join(out)


def hadoop(body):
    """Hadoop's blocks, through the package's own reader of them."""
    out = io.BytesIO()
    framings.hadoop_stream_decompress(io.BytesIO(body), out)
    return out.getvalue()


FORMATS = {
    "UNCOMPRESSED": (bytes, "", None),
    "GZIP": (gzip.decompress, ".gz", "gzip"),
    "ZIP": (unzip, ".zip", "zip"),
    "Snappy": (xerial, ".snappy", "snappy-java"),
    "HADOOP_SNAPPY": (hadoop, ".snappy", "hadoop-snappy"),
}


@pytest.mark.parametrize("format", FORMATS)
def test_objects_of_every_format_are_read_by_other_decoders(firehose, s3, account, bucket, format):
    decode, extension, encoding = FORMATS[format]
    make(firehose, account, bucket, CompressionFormat=format, Prefix="in/")
    records = [line + b"\n" for line in LINES]
    put(firehose, records)
    keys = arrived(s3, bucket, decode, b"".join(records))
    for key in keys:
        assert re.fullmatch(rf"in/\d{{4}}/\d\d/\d\d/\d\d/{SUFFIX}{re.escape(extension)}", key)
        head = s3.head_object(Bucket=bucket, Key=key)
        assert head["ContentType"] == "application/octet-stream"
        assert head.get("ContentEncoding") == encoding


def test_partitions_and_what_has_none(firehose, s3, account, bucket):
    make(
        firehose,
        account,
        bucket,
        Prefix="c=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy}/",
        ErrorOutputPrefix="failed/!{firehose:error-output-type}/",
        DynamicPartitioningConfiguration={"Enabled": True},
        **processors(
            ("RecordDeAggregation", {"SubRecordType": "JSON"}),
            ("MetadataExtraction", {"MetadataExtractionQuery": "{customer:.customer}", "JsonParsingEngine": "JQ-1.6"}),
            ("AppendDelimiterToRecord", {"Delimiter": "\\n"}),
        ),
    )
    put(firehose, [b"".join(LINES[start : start + 4]) for start in range(0, 400, 4)] + [b"no json"])
    for customer in range(3):
        expected = b"\n".join(line for number, line in enumerate(LINES[:400]) if number % 3 == customer)
        arrived(s3, bucket, bytes, expected, f"c=c-{customer}/")
    keys = eventually(lambda: keys_of(s3, bucket, Prefix="failed/"), what="the failure")
    (line,) = body_of(s3, bucket, keys[0]).splitlines()
    assert re.fullmatch(rf"failed/processing-failed/{SUFFIX}", keys[0])
    failure = json.loads(line)
    assert base64.b64decode(failure["rawData"]) == b"no json"
    assert failure["errorCode"] == "DynamicPartitioning.MetadataExtractionFailed"


def test_envelopes_of_logs_become_messages(firehose, s3, account, bucket):
    make(
        firehose,
        account,
        bucket,
        ErrorOutputPrefix="failed/!{firehose:error-output-type}/",
        Prefix="logs/",
        **processors(
            ("Decompression", {"CompressionFormat": "GZIP"}),
            ("CloudWatchLogProcessing", {"DataMessageExtraction": "true"}),
        ),
    )
    events = [{"id": str(number), "timestamp": 1, "message": f"line {number}"} for number in range(10)]
    envelope = {"messageType": "DATA_MESSAGE", "owner": account, "logGroup": "g", "logEvents": events}
    put(firehose, [gzip.compress(json.dumps(envelope).encode()), b"no gzip"])
    arrived(s3, bucket, bytes, b"".join(f"line {number}\n".encode() for number in range(10)), "logs/")
    eventually(lambda: keys_of(s3, bucket, Prefix="failed/decompression-failed/"), what="the failure")


def test_sizes_end_objects_before_intervals_do(firehose, s3, account, bucket):
    make(firehose, account, bucket, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900})
    put(firehose, [b"x" * 262_143 + b"\n"] * 9)

    def probe():
        keys = keys_of(s3, bucket)
        return keys if len(keys) >= 2 else None

    keys = eventually(probe, what="two full objects")
    assert [len(body_of(s3, bucket, key)) for key in keys] == [1 << 20, 1 << 20]


def test_prefixes_that_cannot_be_evaluated_are_refused(firehose, account, bucket):
    for settings, words in [
        ({"Prefix": "!{timestamp:yyyy-BB}/", "ErrorOutputPrefix": "e/!{firehose:error-output-type}"}, "yyyy-BB"),
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix"),
        ({"Prefix": "!{nothing:x}/", "ErrorOutputPrefix": "e/"}, "!{nothing:x}"),
        ({"CustomTimeZone": "Mars/Olympus"}, "Mars/Olympus"),
    ]:
        with pytest.raises(firehose.exceptions.InvalidArgumentException, match=re.escape(words)):
            make(firehose, account, bucket, **settings)


def test_objects_are_encrypted_and_what_goes_wrong_is_written_down(servers, account):
    server = servers().start()
    firehose, s3 = client(server, account, "firehose"), s3_client(server, account)
    bucket = new_bucket(s3)
    kms = client(server, account, "kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    logging = {"Enabled": True, "LogGroupName": "/aws/kinesisfirehose/orders", "LogStreamName": "S3Delivery"}
    encryption = {"KMSEncryptionConfig": {"AWSKMSKeyARN": key}}
    make(firehose, account, bucket, EncryptionConfiguration=encryption, CloudWatchLoggingOptions=logging)
    firehose.put_record(DeliveryStreamName="orders", Record={"Data": b"secret"})
    [name] = eventually(lambda: keys_of(s3, bucket), what="the object")
    assert s3.head_object(Bucket=bucket, Key=name)["SSEKMSKeyId"] == key
    assert body_of(s3, bucket, name) == b"secret"
    # The bucket goes, and every attempt is an event.
    s3.delete_object(Bucket=bucket, Key=name)
    s3.delete_bucket(Bucket=bucket)
    firehose.put_record(DeliveryStreamName="orders", Record={"Data": b"lost?"})
    group = server.data_dir / "logs" / account / "us-east-1" / "%2Faws%2Fkinesisfirehose%2Forders"
    path = group / "S3Delivery.jsonl"
    [event, *_] = eventually(lambda: path.exists() and path.read_text().splitlines(), what="an event")
    event = json.loads(event)
    assert (event["errorCode"], event["destination"]) == ("S3.NoSuchBucket", f"arn:aws:s3:::{bucket}")
    new_bucket(s3, bucket)
    [name] = eventually(lambda: keys_of(s3, bucket), 60, what="the object, in the bucket that was made anew")
    assert body_of(s3, bucket, name) == b"lost?"
