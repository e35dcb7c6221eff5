"""The AWS CLI on buckets and files, typed as in any tutorial."""

import json
import os
import urllib.request

from harness.s3 import MIB, content


def test_files_go_up_and_come_down(aws, account, tmp_path):
    bucket = f"cli-{account}"
    assert aws(f"s3 mb s3://{bucket}").strip() == f"make_bucket: {bucket}"
    big = content(20 * MIB + 1, 1)
    site = tmp_path / "site"
    (site / "deep" / "er").mkdir(parents=True)
    (site / "index.html").write_text("<html>")
    (site / "deep" / "er" / "a b.txt").write_text("deep")
    (site / "big.bin").write_bytes(big)
    for path in site.rglob("*"):
        # As files mostly are; S3 knows whole seconds only, and `sync` goes by them.
        os.utime(path, (1_700_000_000, 1_700_000_000))
    aws(f"s3 sync site s3://{bucket}/site --only-show-errors")
    listed = aws(f"s3 ls --recursive --summarize s3://{bucket}")
    assert "site/deep/er/a b.txt" in listed and "Total Objects: 3" in listed
    assert aws(f"s3 sync site s3://{bucket}/site").strip() == ""
    assert "PRE deep/" in aws(f"s3 ls s3://{bucket}/site/")
    head = json.loads(aws(f"s3api head-object --bucket {bucket} --key site/index.html"))
    assert head["ContentType"] == "text/html"
    aws(f"s3 cp s3://{bucket}/site back --recursive --only-show-errors")
    assert (tmp_path / "back" / "big.bin").read_bytes() == big
    assert (tmp_path / "back" / "deep" / "er" / "a b.txt").read_text() == "deep"
    (site / "index.html").unlink()
    assert "delete:" in aws(f"s3 sync site s3://{bucket}/site --delete")
    aws(f"s3 mv s3://{bucket}/site/big.bin s3://{bucket}/moved.bin --only-show-errors")
    assert "NoSuchKey" in aws(f"s3api get-object --bucket {bucket} --key site/big.bin out", fails=True)
    url = aws(f"s3 presign s3://{bucket}/moved.bin").strip()
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.read() == big
    assert "BucketNotEmpty" in aws(f"s3 rb s3://{bucket}", fails=True)
    aws(f"s3 rm s3://{bucket} --recursive --only-show-errors")
    assert aws(f"s3 ls s3://{bucket}") == ""
    assert aws(f"s3 rb s3://{bucket}").strip() == f"remove_bucket: {bucket}"
    assert "NoSuchBucket" in aws(f"s3 ls s3://{bucket}", fails=True)


def test_the_plain_operations(aws, account, tmp_path):
    bucket = f"api-{account}"
    aws(f"s3api create-bucket --bucket {bucket}")
    (tmp_path / "a.txt").write_text("hello")
    put = json.loads(aws(f"s3api put-object --bucket {bucket} --key a --body a.txt --metadata color=blue"))
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"' and put["ChecksumType"] == "FULL_OBJECT"
    got = json.loads(aws(f"s3api get-object --bucket {bucket} --key a --range bytes=1-3 out"))
    assert got["Metadata"] == {"color": "blue"} and (tmp_path / "out").read_text() == "ell"
    exists = aws(f"s3api put-object --bucket {bucket} --key a --body a.txt --if-none-match *", fails=True)
    assert "PreconditionFailed" in exists
    assert json.loads(aws(f"s3api list-objects-v2 --bucket {bucket}"))["Contents"][0]["Key"] == "a"
    aws(f"s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled")
    aws(f"s3api put-object --bucket {bucket} --key a --body a.txt")
    versions = json.loads(aws(f"s3api list-object-versions --bucket {bucket}"))["Versions"]
    assert [version["IsLatest"] for version in versions] == [True, False]
    aws(f"s3api wait object-exists --bucket {bucket} --key a")
    aws(f"s3api wait bucket-exists --bucket {bucket}")
    assert json.loads(aws("s3api list-buckets"))["Buckets"][0]["Name"] == bucket
