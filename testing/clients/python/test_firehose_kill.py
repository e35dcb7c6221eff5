"""kill -9 all along the way from the producer to the bucket: what was acknowledged is in the objects, once."""

import collections
import gzip
import json
import random
import re
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError

from harness.clients import client, make_stream
from harness.polling import eventually
from harness.s3 import body_of, keys_of, new_bucket, s3_client

ROUNDS = 22
LOAD_SECONDS = 1.0
RECORD = re.compile(rb"<([a-z0-9-]+):(\d+):x*>")
ROLE = "arn:aws:iam::{}:role/firehose"


def record(writer, number, chance):
    """A record that says what it is, of varying size."""
    return f"<{writer}:{number}:{'x' * chance.choice((0, 20, 900, 20_000))}>".encode()


class Writer(threading.Thread):
    """Sends records of its own until the server is gone, and notes which were acknowledged."""

    def __init__(self, name, seed, stop, send):
        super().__init__(daemon=True)
        self.name, self.stop, self.send = name, stop, send
        self.chance = random.Random(seed)
        self.acknowledged, self.count, self.trouble = set(), 0, None

    def run(self):
        try:
            while not self.stop.is_set():
                numbers = range(self.count, self.count + self.chance.randrange(1, 40))
                self.count = numbers.stop
                records = [record(self.name, number, self.chance) for number in numbers]
                for number, taken in zip(numbers, self.send(records), strict=True):
                    if taken:
                        self.acknowledged.add((self.name, number))
        except BotoCoreError:
            pass  # The connection broke: what the server was meant to do.
        except Exception as error:
            self.trouble = error


def firehose_sender(firehose, stream):
    """Puts batches into a delivery stream."""

    def send(records):
        entries = [{"Data": data} for data in records]
        answer = firehose.put_record_batch(DeliveryStreamName=stream, Records=entries)
        return ["RecordId" in result for result in answer["RequestResponses"]]

    return send


def kinesis_sender(kinesis, stream, chance):
    """Puts records into a data stream, over all its shards."""

    def send(records):
        entries = [{"Data": data, "PartitionKey": str(chance.random())} for data in records]
        answer = kinesis.put_records(StreamName=stream, Records=entries)
        return ["SequenceNumber" in result for result in answer["Records"]]

    return send


def make_delivery(server, account, name, bucket, prefix, source=None):
    """A delivery stream with the smallest buffer, gzip, and raw copies beside."""
    firehose = client(server, account, "firehose")
    s3 = {
        "RoleARN": ROLE.format(account),
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
    }
    more = {}
    if source:
        more = {
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {"KinesisStreamARN": source, "RoleARN": ROLE.format(account)},
        }
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            **s3,
            "Prefix": f"{prefix}/out/",
            "CompressionFormat": "GZIP",
            "S3BackupMode": "Enabled",
            "S3BackupConfiguration": {**s3, "Prefix": f"{prefix}/raw/"},
        },
        **more,
    )

    def probe():
        described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        return described["DeliveryStreamStatus"] == "ACTIVE"

    eventually(probe, what=f"delivery stream {name} to become ACTIVE")


def delivered(server, account, bucket, prefix, cache):
    """How often every record is in the objects below a prefix. Objects that were read before are not read again."""
    s3 = s3_client(server, account)
    for key in keys_of(s3, bucket, Prefix=prefix):
        if key not in cache:
            body = body_of(s3, bucket, key)
            body = gzip.decompress(body) if key.endswith(".gz") else body
            found = [(writer.decode(), int(number)) for writer, number in RECORD.findall(body)]
            assert b"".join(m.group(0) for m in RECORD.finditer(body)) == body, f"{key} has more than records"
            cache[key] = found
    return collections.Counter(found for records in cache.values() for found in records)


def change_shards(kinesis, chance, changes):
    """Splits or merges, so that parents and children are delivered from."""
    try:
        count = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["OpenShardCount"]
        target = count + 1 if count < 4 or chance.random() < 0.5 else count - 1
        kinesis.update_shard_count(StreamName="orders", TargetShardCount=target, ScalingType="UNIFORM_SCALING")
        changes.append(target)
    except (BotoCoreError, ClientError):
        pass  # The server is gone, or still at the change before.


def test_nothing_acknowledged_is_lost_between_producers_and_objects(servers, account):
    chance = random.Random(20261122)
    server = servers()
    server.start()
    bucket = new_bucket(s3_client(server, account))
    arn = make_stream(client(server, account), "orders", 2)
    make_delivery(server, account, "direct", bucket, "direct")
    make_delivery(server, account, "chained", bucket, "chained", source=arn)
    acknowledged = {"direct": set(), "chained": set()}
    changes, restarts, began = [], [], time.monotonic()
    for round in range(ROUNDS):
        stop = threading.Event()
        firehose = client(server, account, "firehose", read_timeout=5)
        kinesis = client(server, account, read_timeout=5)
        writers = {
            "direct": Writer(f"d{round}", round, stop, firehose_sender(firehose, "direct")),
            "chained": Writer(f"c{round}", round + 1000, stop, kinesis_sender(kinesis, "orders", chance)),
        }
        for writer in writers.values():
            writer.start()
        if round % 3 == 1:
            change_shards(client(server, account, read_timeout=5), chance, changes)
        stop.wait(LOAD_SECONDS * chance.uniform(0.3, 1.7))
        server.kill()
        stop.set()
        for way, writer in writers.items():
            writer.join(10)
            assert not writer.is_alive(), f"round {round}: {way} hangs"
            assert writer.trouble is None, f"round {round}: {way}: {writer.trouble!r}"
            acknowledged[way] |= writer.acknowledged
        server.start()
        restarts.append(server.ready_seconds)
    caches = collections.defaultdict(dict)
    summary = {}
    for way, expected in acknowledged.items():
        assert len(expected) > ROUNDS, f"{way}: too little was acknowledged to prove anything"
        for kind in ("out", "raw"):
            prefix = f"{way}/{kind}/"

            def probe(prefix=prefix, expected=expected):
                counts = delivered(server, account, bucket, prefix, caches[prefix])
                return counts if expected <= counts.keys() else None

            counts = eventually(probe, 60, every=0.5, what=f"all records below {prefix}")
            twice = sorted(found for found, count in counts.items() if count > 1)
            summary[prefix] = {
                "acknowledged": len(expected),
                "delivered": len(counts),
                "twice": len(twice),
                "objects": len(caches[prefix]),
            }
            assert not twice, f"{prefix}: delivered twice: {twice[:5]}"
    print(
        f"{ROUNDS} kills in {time.monotonic() - began:.0f} s, {len(changes)} changes of shards, "
        f"slowest restart {max(restarts):.2f} s: {json.dumps(summary)}"
    )
