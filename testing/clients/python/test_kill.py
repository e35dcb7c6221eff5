"""kill -9 under load, again and again: what was acknowledged or read is there, once, in order, at its number."""

import random
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError

from harness.audit import Book, call, list_shards, payload
from harness.clients import client, make_stream
from harness.wire import Wire

ROUNDS = 22
LOAD_SECONDS = 0.8
STREAM = "orders"
SHARDS_MAX = 24


class Writer(threading.Thread):
    """Puts records of its own keys, alternating PutRecord and PutRecords, until the server is gone."""

    def __init__(self, kinesis, book, name, seed, stop):
        super().__init__(daemon=True)
        self.kinesis, self.book, self.stop = kinesis, book, stop
        self.random = random.Random(seed)
        self.prefix, self.count = name, 0
        self.trouble = None

    def entry(self):
        """A new record: its id doubles as its payload, padded to varying sizes."""
        key = f"{self.prefix[:2]}-{self.random.randrange(8)}"
        id = f"{self.prefix}-{self.count:08}"
        self.count += 1
        self.book.attempt(id, key)
        return id, {"PartitionKey": key, "Data": id.encode() + b"." * self.random.choice((0, 10, 1000, 20_000))}

    def put_one(self):
        id, entry = self.entry()
        answer = self.kinesis.put_record(StreamName=STREAM, **entry)
        self.book.acknowledge(id, answer["ShardId"], answer["SequenceNumber"])

    def put_many(self):
        entries = [self.entry() for _ in range(self.random.randrange(2, 40))]
        answer = self.kinesis.put_records(StreamName=STREAM, Records=[entry for _, entry in entries])
        for (id, _), result in zip(entries, answer["Records"], strict=True):
            if "SequenceNumber" in result:
                self.book.acknowledge(id, result["ShardId"], result["SequenceNumber"])

    def run(self):
        try:
            while not self.stop.is_set():
                self.random.choice((self.put_one, self.put_many))()
        except BotoCoreError:
            pass  # The connection broke: what the server was meant to do.
        except Exception as error:
            self.trouble = error


class Resharder(threading.Thread):
    """Splits and merges while the others write, and notes what the listings showed."""

    def __init__(self, server, account, kinesis, book, seed, stop):
        super().__init__(daemon=True)
        self.server, self.account, self.kinesis, self.book, self.stop = server, account, kinesis, book, stop
        self.random = random.Random(seed)
        self.done = 0
        self.trouble = None

    def step(self):
        shards = list_shards(self.server, self.account, STREAM)
        self.book.see_shards(shards)
        spans = sorted(
            (
                int(shard["HashKeyRange"]["StartingHashKey"]),
                int(shard["HashKeyRange"]["EndingHashKey"]),
                shard["ShardId"],
            )
            for shard in shards
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        )
        at = self.random.randrange(len(spans))
        try:
            if len(spans) > 1 and (len(spans) >= SHARDS_MAX or self.random.random() < 0.4):
                left, right = spans[min(at, len(spans) - 2)], spans[min(at, len(spans) - 2) + 1]
                self.kinesis.merge_shards(StreamName=STREAM, ShardToMerge=left[2], AdjacentShardToMerge=right[2])
            else:
                start, end, shard = spans[at]
                middle = str((start + end) // 2 + 1)
                self.kinesis.split_shard(StreamName=STREAM, ShardToSplit=shard, NewStartingHashKey=middle)
            self.done += 1
        except ClientError as error:
            # The change before this one still runs, or the listing was older than it.
            assert error.response["Error"]["Code"] in ("ResourceInUseException", "InvalidArgumentException"), error
        self.stop.wait(self.random.uniform(0.02, 0.2))

    def run(self):
        try:
            while not self.stop.is_set():
                self.step()
        except (BotoCoreError, OSError):
            pass
        except Exception as error:
            self.trouble = None if type(error).__module__ == "http.client" else error


class Reader(threading.Thread):
    """Reads while the others write: what it has seen may not vanish."""

    def __init__(self, server, account, book, stop):
        super().__init__(daemon=True)
        self.server, self.account, self.book, self.stop = server, account, book, stop
        self.count = 0
        self.trouble = None

    def step(self, wire, iterators, kind):
        """Reads on in every open shard: new ones from where `kind` says."""
        for shard in list_shards(self.server, self.account, STREAM):
            id = shard["ShardId"]
            if id not in iterators:
                start = {"StreamName": STREAM, "ShardId": id, "ShardIteratorType": kind}
                iterators[id] = call(wire, "GetShardIterator", start)["ShardIterator"]
            if iterators[id] is None:
                continue
            answer = call(wire, "GetRecords", {"ShardIterator": iterators[id]})
            iterators[id] = answer.get("NextShardIterator")
            for record in answer["Records"]:
                self.book.see(payload(record), id, record["SequenceNumber"])
                self.count += 1

    def run(self):
        try:
            wire, iterators, kind = Wire(self.server, self.account, timeout=5), {}, "LATEST"
            while not self.stop.is_set():
                self.step(wire, iterators, kind)
                # Shards that come later are children: their beginning is this round's.
                kind = "TRIM_HORIZON"
        except OSError:
            pass
        except Exception as error:
            self.trouble = None if type(error).__module__ == "http.client" else error


def test_nothing_acknowledged_is_lost_by_twenty_two_kills(servers, account):
    seed = 20261121
    chance = random.Random(seed)
    server, book, restarts = servers(), Book(), []
    changes = read = 0
    server.start()
    make_stream(client(server, account), STREAM, 4)
    began = time.monotonic()
    for round in range(ROUNDS):
        stop = threading.Event()
        writers = [
            Writer(
                client(server, account, read_timeout=5), book, f"w{number}-{round:03}", seed + round * 10 + number, stop
            )
            for number in range(3)
        ]
        resharder = Resharder(server, account, client(server, account), book, seed + round, stop)
        reader = Reader(server, account, book, stop)
        threads = [*writers, resharder, reader]
        acknowledged = len(book.acknowledged)
        for thread in threads:
            thread.start()
        stop.wait(LOAD_SECONDS * chance.uniform(0.4, 1.4))
        server.kill()
        stop.set()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive(), f"round {round}: {thread} hangs"
            assert thread.trouble is None, f"round {round}: {thread.trouble!r}"
        changes, read = changes + resharder.done, read + reader.count
        assert len(book.acknowledged) > acknowledged, f"round {round}: nothing was acknowledged"
        server.start()
        restarts.append(server.ready_seconds)
        stored = book.check(server, account, STREAM)
    kept = len(book.acknowledged)
    print(
        f"{ROUNDS} kills in {time.monotonic() - began:.0f} s: {kept} records acknowledged, all there; "
        f"{stored - kept} more were stored unacknowledged; {read} were read before the kills; "
        f"{changes} splits and merges; slowest restart {max(restarts):.2f} s"
    )
    assert changes >= ROUNDS, "too few splits and merges to prove anything"
    assert read >= ROUNDS, "too few reads to prove anything"
    # It goes on working, and an orderly end keeps everything as well.
    kinesis = client(server, account)
    book.attempt("z-last", "z")
    put = kinesis.put_record(StreamName=STREAM, PartitionKey="z", Data=b"z-last")
    book.acknowledge("z-last", put["ShardId"], put["SequenceNumber"])
    server.stop()
    server.start()
    assert book.check(server, account, STREAM) == stored + 1
