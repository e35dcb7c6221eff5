"""The AWS CLI, typed as in any tutorial; `AWS_ENDPOINT_URL` is the only thing that differs from AWS."""

import base64
import json

ZERO = "shardId-000000000000"


def test_the_tutorial_works_as_written(aws, account):
    arn = f"arn:aws:kinesis:us-east-1:{account}:stream/Foo"
    assert aws("kinesis create-stream --stream-name Foo --shard-count 1") == ""
    aws("kinesis wait stream-exists --stream-name Foo")
    summary = json.loads(aws("kinesis describe-stream-summary --stream-name Foo"))["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary["StreamARN"], summary["OpenShardCount"]) == ("ACTIVE", arn, 1)
    described = json.loads(aws("kinesis describe-stream --stream-name Foo"))["StreamDescription"]
    assert described["Shards"][0]["ShardId"] == ZERO
    assert json.loads(aws("kinesis list-streams"))["StreamNames"] == ["Foo"]

    encoded = base64.b64encode(b"testdata").decode()
    plain = json.loads(aws(f"kinesis put-record --stream-name Foo --partition-key 123 --data {encoded}"))
    assert plain["ShardId"] == ZERO and len(plain["SequenceNumber"]) == 56
    # Version 1 of the CLI sends `--data` as it stands; `--cli-binary-format` is version 2's, which PyPI does not have.
    aws("kinesis put-record --stream-name Foo --partition-key 123 --data raw-text")
    records = json.dumps([{"Data": encoded, "PartitionKey": "k1"}, {"Data": encoded, "PartitionKey": "k2"}])
    assert json.loads(aws("kinesis put-records --stream-name Foo --records", records))["FailedRecordCount"] == 0

    at = aws(
        f"kinesis get-shard-iterator --shard-id {ZERO} --shard-iterator-type TRIM_HORIZON --stream-name Foo "
        "--query ShardIterator --output text"
    ).strip()
    answer = json.loads(aws(f"kinesis get-records --shard-iterator {at}"))
    first = answer["Records"][0]
    assert first["SequenceNumber"] == plain["SequenceNumber"] and first["PartitionKey"] == "123"
    datas = [base64.b64decode(record["Data"]) for record in answer["Records"]]
    assert datas[:2] == [encoded.encode(), b"raw-text"] and len(datas) == 4
    assert answer["MillisBehindLatest"] == 0 and answer["NextShardIterator"]
    assert first["ApproximateArrivalTimestamp"]

    aws(f"kinesis split-shard --stream-name Foo --shard-to-split {ZERO} --new-starting-hash-key {2**127}")
    aws("kinesis wait stream-exists --stream-name Foo")
    shards = json.loads(aws("kinesis list-shards --stream-name Foo"))["Shards"]
    assert [shard.get("ParentShardId") for shard in shards] == [None, ZERO, ZERO]
    aws(
        "kinesis merge-shards --stream-name Foo --shard-to-merge shardId-000000000001 "
        "--adjacent-shard-to-merge shardId-000000000002"
    )
    aws("kinesis wait stream-exists --stream-name Foo")
    scaled = aws("kinesis update-shard-count --stream-name Foo --target-shard-count 2 --scaling-type UNIFORM_SCALING")
    assert json.loads(scaled)["TargetShardCount"] == 2
    aws("kinesis wait stream-exists --stream-name Foo")
    assert aws("kinesis delete-stream --stream-name Foo") == ""
    aws("kinesis wait stream-not-exists --stream-name Foo")
    missing = aws("kinesis describe-stream --stream-name Foo", fails=True)
    assert "ResourceNotFoundException" in missing and f"Stream Foo under account {account} not found." in missing


def test_the_tools_around_it_answer(aws, account):
    identity = json.loads(aws("sts get-caller-identity"))
    assert identity["Account"] == account and identity["Arn"].startswith("arn:aws:") and identity["UserId"]
    key = json.loads(aws("kms create-key"))["KeyMetadata"]
    assert key["Arn"] == f"arn:aws:kms:us-east-1:{account}:key/{key['KeyId']}" and key["Enabled"] is True
    aws("kinesis create-stream --stream-name Foo --shard-count 1")
    aws("kinesis wait stream-exists --stream-name Foo")
    aws(f"kinesis start-stream-encryption --stream-name Foo --encryption-type KMS --key-id {key['KeyId']}")
    aws("kinesis add-tags-to-stream --stream-name Foo --tags team=blue")
    assert json.loads(aws("kinesis list-tags-for-stream --stream-name Foo"))["Tags"] == [
        {"Key": "team", "Value": "blue"}
    ]
