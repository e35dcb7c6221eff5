"""Firehose by the AWS CLI, typed as in any tutorial."""

import json

from harness.polling import eventually


def test_records_become_an_object(aws, account):
    bucket = f"lake-{account}"
    aws(f"s3 mb s3://{bucket}")
    settings = {
        "RoleARN": f"arn:aws:iam::{account}:role/firehose",
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "Prefix": "in/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
    }
    create = "firehose create-delivery-stream --delivery-stream-name clicks --extended-s3-destination-configuration"
    made = json.loads(aws(create, json.dumps(settings)))
    assert made == {"DeliveryStreamARN": f"arn:aws:firehose:us-east-1:{account}:deliverystream/clicks"}
    status = "firehose describe-delivery-stream --delivery-stream-name clicks --output text --query"
    eventually(
        lambda: aws(status, "DeliveryStreamDescription.DeliveryStreamStatus").strip() == "ACTIVE",
        seconds=30,
        what="an ACTIVE delivery stream",
    )
    put = "firehose put-record --delivery-stream-name clicks --record"
    assert json.loads(aws(put, '{"Data": "two mills, please\\n"}'))["Encrypted"] is False
    # Not `s3 ls`: where nothing is there yet it ends with an error.
    keys = f"s3api list-objects-v2 --bucket {bucket} --prefix in/ --output json --query"
    found = eventually(lambda: json.loads(aws(keys, "Contents[].Key") or "null"), seconds=60, every=0.2, what="an object")
    assert aws(f"s3 ls s3://{bucket}/in/ --recursive").split()[-1] == found[0]
    assert aws("s3 cp", f"s3://{bucket}/{found[0]}", "-") == "two mills, please\n"
    assert json.loads(aws("firehose list-delivery-streams"))["DeliveryStreamNames"] == ["clicks"]
    assert aws("firehose delete-delivery-stream --delivery-stream-name clicks") == ""
