"""Keeps book of what was sent, acknowledged and seen, and holds a server to it."""

import base64
import threading
from typing import NamedTuple

from .wire import Wire


class Place(NamedTuple):
    """Where a record is."""

    shard: str
    number: int


class Stored(NamedTuple):
    """A record as it was read back."""

    id: str
    key: str
    place: Place


class Book:
    """What must be true of a stream. Ids are unique payloads; each key has one writer, whose ids grow."""

    def __init__(self):
        self.lock = threading.Lock()
        self.attempted = {}
        self.acknowledged = {}
        self.seen = {}
        self.shards = {}

    def attempt(self, id, key):
        """A record is about to be sent, once."""
        with self.lock:
            assert id not in self.attempted
            self.attempted[id] = key

    def acknowledge(self, id, shard, number):
        """The server said that it has the record."""
        with self.lock:
            self.acknowledged[id] = Place(shard, int(number))

    def see(self, id, shard, number):
        """A reader got the record, acknowledged or not: it may not disappear any more."""
        with self.lock:
            self.seen[id] = Place(shard, int(number))

    def see_shards(self, shards):
        """A listing named these shards: they, their parents and their ends may not change any more."""
        with self.lock:
            for shard in shards:
                known = self.shards.get(shard["ShardId"], {})
                self.shards[shard["ShardId"]] = {**known, **essence(shard)}

    def check(self, server, account, stream):
        """Reads everything back and compares; answers how many records there are."""
        shards = list_shards(server, account, stream)
        listed = {shard["ShardId"]: essence(shard) for shard in shards}
        for id, known in self.shards.items():
            assert id in listed, f"shard {id} was listed and is gone"
            assert known.items() <= listed[id].items(), f"shard {id} was {known} and is {listed[id]}"
        for shard in shards:
            for parent in ("ParentShardId", "AdjacentParentShardId"):
                if parent in shard:
                    assert "end" in listed[shard[parent]], (
                        f"{shard[parent]} is open beside its child {shard['ShardId']}"
                    )
        records = [record for shard in shards for record in read_all(server, account, stream, shard["ShardId"])]
        self.compare(records)
        self.see_shards(shards)
        for record in records:
            self.see(record.id, *record.place)
        return len(records)

    def compare(self, records):
        """Exactly once, at its place, nothing foreign, and the order of each key kept."""
        places, last = {}, {}
        for record in records:
            assert record.id not in places, f"{record.id} is stored at {places[record.id]} and {record.place}"
            places[record.id] = record.place
            assert self.attempted.get(record.id) == record.key, f"{record.id} under {record.key} was never sent"
            assert last.get(record.key, "") < record.id, f"{record.id} stands behind {last[record.key]}"
            last[record.key] = record.id
        for kind, book in (("acknowledged", self.acknowledged), ("read", self.seen)):
            lost = [(id, place) for id, place in book.items() if id not in places]
            assert not lost, f"{len(lost)} {kind} records are lost, the first: {sorted(lost)[:3]}"
            moved = [(id, place, places[id]) for id, place in book.items() if places[id] != place]
            assert not moved, f"{len(moved)} {kind} records moved, the first: {moved[:3]}"


def essence(shard):
    """What of a shard may never change once it was shown."""
    numbers = shard["SequenceNumberRange"]
    kept = {"start": numbers["StartingSequenceNumber"], "range": tuple(sorted(shard["HashKeyRange"].items()))}
    if "EndingSequenceNumber" in numbers:
        kept["end"] = numbers["EndingSequenceNumber"]
    return {**kept, "parents": (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))}


def payload(record):
    """The id in a record as JSON carries it, without its padding."""
    return base64.b64decode(record["Data"]).rstrip(b".").decode()


def call(wire, operation, body):
    """One call that must succeed."""
    answer = wire.send(operation, body)
    assert answer.status == 200, f"{operation}: {answer.status} {answer.body[:500]}"
    return answer.json()


def list_shards(server, account, stream):
    """All shards, parents before children."""
    wire = Wire(server, account)
    answer = call(wire, "ListShards", {"StreamName": stream})
    shards = answer["Shards"]
    while "NextToken" in answer:
        answer = call(wire, "ListShards", {"NextToken": answer["NextToken"]})
        shards += answer["Shards"]
    wire.close()
    return sorted(shards, key=lambda shard: shard["ShardId"])


def read_all(server, account, stream, shard):
    """Every record of a shard, its numbers checked to grow."""
    wire = Wire(server, account)
    start = {"StreamName": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    at = call(wire, "GetShardIterator", start)["ShardIterator"]
    last, records = 0, []
    while at is not None:
        answer = call(wire, "GetRecords", {"ShardIterator": at})
        for record in answer["Records"]:
            number = int(record["SequenceNumber"])
            assert number > last, f"{shard}: {number} stands behind {last}"
            last = number
            records.append(Stored(payload(record), record["PartitionKey"], Place(shard, number)))
        at = answer.get("NextShardIterator")
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            break
    wire.close()
    return records
