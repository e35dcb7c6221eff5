"""Reads Kinesis sequence numbers by the layout that AWS's own have (version 2: 186 bits, 47 hexadecimal digits)."""

import hashlib
from typing import NamedTuple

HASH_KEY_END = 2**128 - 1
INDEX_MAX = 0x7FFFFFFFFFFFFFFF


class Sequence(NamedTuple):
    """The fields of a sequence number."""

    created_seconds: int
    index: int
    seconds: int
    shard: int


def decode(number):
    """The fields of a decimal sequence number; fails where it is not version 2."""
    digits = f"{int(number):x}"
    assert len(digits) == 47, f"{number} has {len(digits)} hexadecimal digits"
    assert digits[0] == "2" and digits[46] == "2", f"{digits}: neither begin nor version are 2"
    shard = int(digits[38:46], 16)
    assert int(digits[10], 16) == shard & 0xF, f"{digits}: the shard's low nibble differs"
    return Sequence(int(digits[1:10], 16), int(digits[11:27], 16), int(digits[29:38], 16), shard)


def hash_key(partition_key):
    """Where a partition key belongs: MD5 as an unsigned 128-bit number."""
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest(), "big")


def owner(shards, key):
    """The shard, of those given, whose range holds the hash key."""
    found = [
        shard["ShardId"]
        for shard in shards
        if int(shard["HashKeyRange"]["StartingHashKey"]) <= key <= int(shard["HashKeyRange"]["EndingHashKey"])
    ]
    assert len(found) == 1, f"{len(found)} shards own {key}"
    return found[0]


def shard_index(shard_id):
    """The number in a shard id."""
    return int(shard_id.rpartition("-")[2])
