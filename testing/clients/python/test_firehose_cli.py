"""Firehose by the AWS CLI, typed as in any tutorial."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from harness.polling import eventually


@pytest.fixture
def aws(server, account, tmp_path):
    """Runs `aws WORDS…` and answers its standard output."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    program = pathlib.Path(sys.executable).parent / "aws"

    def run(line, *more):
        command = [sys.executable, str(program), *line.split(), *more]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert done.returncode == 0, f"aws {line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


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
