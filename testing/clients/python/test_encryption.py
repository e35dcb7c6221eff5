"""Server-side encryption: what is on the disk, and what happens without the key."""

import pytest

from harness.clients import active, client, iterator, make_stream, read_shard, refused
from harness.files import files_holding
from harness.server import StartFailed

PLAIN = b"MARKER-PLAIN-4711-"
SECRET = b"MARKER-SECRET-0815-"


def put_many(kinesis, marker, count=50):
    """Puts records that all hold the marker, in data and in partition key."""
    entries = [{"PartitionKey": marker.decode() + "key", "Data": marker + b"%d" % number} for number in range(count)]
    answer = kinesis.put_records(StreamName="orders", Records=entries)
    assert answer["FailedRecordCount"] == 0
    return answer


@pytest.mark.parametrize("key", ["alias/aws/kinesis", "id", "arn", "alias"])
def test_encrypted_records_are_not_on_the_disk(servers, account, key):
    server = servers().start()
    kinesis, kms = client(server, account), client(server, account, "kms")
    make_stream(kinesis)
    assert "EncryptionType" not in put_many(kinesis, PLAIN)
    if key != "alias/aws/kinesis":
        made = kms.create_key(Description="records")["KeyMetadata"]
        key = {"id": made["KeyId"], "arn": made["Arn"], "alias": "alias/records"}[key]
        if key == "alias/records":
            kms.create_alias(AliasName=key, TargetKeyId=made["KeyId"])
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    summary = active(kinesis, "orders")
    assert (summary["EncryptionType"], summary["KeyId"]) == ("KMS", key)
    assert put_many(kinesis, SECRET)["EncryptionType"] == "KMS"
    assert kinesis.put_record(StreamName="orders", PartitionKey="a", Data=SECRET)["EncryptionType"] == "KMS"
    records = read_shard(kinesis, "orders")
    assert [record.get("EncryptionType") for record in records] == [None] * 50 + ["KMS"] * 51
    assert records[50]["Data"] == SECRET + b"0"
    # Before and after the orderly end that writes everything out; the plain records prove that the search works.
    for _ in range(2):
        assert files_holding(server.data_dir, PLAIN), "the plain marker is not found: the search proves nothing"
        assert files_holding(server.data_dir, SECRET) == []
        if server.is_running:
            server.stop()
    server.start()
    kinesis = client(server, account)
    records = read_shard(kinesis, "orders")
    assert len(records) == 101 and records[100]["Data"] == SECRET
    kinesis.stop_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    assert active(kinesis, "orders")["EncryptionType"] == "NONE"
    assert "EncryptionType" not in kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"open again")
    assert len(read_shard(kinesis, "orders")) == 102


def key_files(folder):
    """The files that hold the master key."""
    return [path for path in folder.rglob("*") if path.is_file() and "key" in path.name and path.parent.name != "tls"]


def test_without_the_key_file_nothing_is_readable(servers, account, tmp_path):
    server = servers().start()
    kinesis = client(server, account)
    make_stream(kinesis)
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    active(kinesis, "orders")
    put_many(kinesis, SECRET)
    server.stop()
    found = key_files(server.data_dir)
    assert found, "no key file in the data directory"
    for path in found:
        assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"
        path.rename(tmp_path / path.name)
    try:
        server.start()
    except StartFailed as failed:
        assert "key" in failed.stderr.lower() and failed.code > 0 and "panicked" not in failed.stderr
        for path in key_files(server.data_dir):
            path.unlink()
    else:
        kinesis = client(server, account)
        at = iterator(kinesis, "orders")
        with pytest.raises(kinesis.exceptions.ClientError) as caught:
            kinesis.get_records(ShardIterator=at)
        assert caught.value.response["Error"]["Code"].startswith("KMS"), caught.value
        server.stop()
    for path in found:
        (tmp_path / path.name).rename(path)
    server.start()
    assert read_shard(client(server, account), "orders")[0]["Data"] == SECRET + b"0"


def test_keys_that_do_not_serve_are_refused(kinesis, server, account):
    make_stream(kinesis)
    for key in ("alias/nobody", "00000000-0000-0000-0000-000000000000"):
        with refused("KMSNotFoundException"):
            kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    kms = client(server, account, "kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    with refused("KMSDisabledException"):
        kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    kms.enable_key(KeyId=key)
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    active(kinesis, "orders")
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"x")
    kms.disable_key(KeyId=key)
    with refused("KMSDisabledException"):
        kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"y")
    with refused("KMSDisabledException"):
        kinesis.get_records(ShardIterator=iterator(kinesis, "orders"))
    kms.enable_key(KeyId=key)
    assert [record["Data"] for record in read_shard(kinesis, "orders")] == [b"x"]
