"""boto3 clients of S3, buckets to work in, and bytes that are different everywhere."""

import hashlib
import itertools
import os

from botocore.auth import S3SigV4Auth
from botocore.credentials import Credentials

from .clients import client

MIB = 1024 * 1024
_names = itertools.count(int.from_bytes(os.urandom(4), "big"))


def s3_client(server, account, style="path", **config):
    """A client of S3 without retries. Left alone, boto3 presigns with signature version 2, which AWS gave up."""
    config.setdefault("s3", {})["addressing_style"] = style
    config.setdefault("signature_version", "s3v4")
    return client(server, account, "s3", **config)


def new_bucket(s3, name=None, **more):
    """A bucket that no other test has; buckets share one namespace."""
    name = name or f"bucket-{next(_names)}"
    s3.create_bucket(Bucket=name, **more)
    return name


def content(size, seed=0):
    """`size` bytes in which no two pages are alike."""
    block = hashlib.sha256(seed.to_bytes(8, "big")).digest()
    pages = []
    while len(pages) * 4096 < size:
        block = hashlib.sha256(block).digest()
        pages.append(block * 128)
    return b"".join(pages)[:size]


def body_of(s3, bucket, key, **more):
    """All bytes of an object."""
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def keys_of(s3, bucket, **more):
    """All keys of a bucket, through the paginator."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **more)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def sign(account, secret, request, payload=None, region="us-east-1"):
    """Signs a botocore AWSRequest as S3 has it; `payload` stands for the body's digest."""

    class Auth(S3SigV4Auth):
        def payload(self, request):
            return payload or super().payload(request)

    Auth(Credentials(account, secret), "s3", region).add_auth(request)
    return request
