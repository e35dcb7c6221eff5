"""Disks that are full, read-only or taken: clear words, nothing lost, and work again when there is room."""

import contextlib
import os
import subprocess

import pytest

from harness.audit import Book
from harness.clients import client, make_stream
from harness.polling import eventually
from harness.server import StartFailed

# Room for what two rounds write before the full disk is noticed: the prepared write-ahead files, and their records.
DISK_MIB = 1024
MIB = 1024 * 1024


@contextlib.contextmanager
def mounted(folder, mebibytes):
    """A small file system of its own."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "millstream-test", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path):
    """Takes all room that is left."""
    with open(path, "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(MIB))
    with open(path, "ab", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))


class Putter:
    """Puts one record after the other and keeps book."""

    def __init__(self, server, account, book):
        self.kinesis, self.book, self.count = client(server, account), book, len(book.attempted)

    def put(self, size=500_000):
        """One record; answers the error, if it was refused."""
        id = f"r-{self.count:06}"
        self.count += 1
        self.book.attempt(id, "k")
        try:
            answer = self.kinesis.put_record(StreamName="orders", PartitionKey="k", Data=id.encode() + b"." * size)
        except self.kinesis.exceptions.ClientError as error:
            return error.response
        self.book.acknowledge(id, answer["ShardId"], answer["SequenceNumber"])
        return None


def put_until_full(putter):
    """Puts until the first refusal, which is checked and answered."""
    for _ in range(2 * DISK_MIB):
        refusal = putter.put()
        if refusal is not None:
            break
    else:
        pytest.fail("the full disk was never noticed")
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] in (400, 500, 503), refusal
    assert refusal["Error"]["Code"] and refusal["Error"]["Message"], refusal
    return refusal


def test_a_full_disk_refuses_and_recovers(servers, account, tmp_path):
    with mounted(tmp_path / "disk", DISK_MIB) as disk:
        server, book = servers(data_dir=disk / "data"), Book()
        server.start()
        make_stream(client(server, account), "orders", 1)
        for round in range(2):
            putter = Putter(server, account, book)
            for _ in range(20):
                assert putter.put() is None
            fill(disk / "filler")
            refusal = put_until_full(putter)
            for _ in range(10):
                putter.put()
            # Full is no reason to fall: it answers, and everything acknowledged can be read.
            assert server.is_running, "".join(server.errors)
            summary = putter.kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
            assert summary["StreamStatus"] == "ACTIVE"
            book.check(server, account, "orders")
            os.unlink(disk / "filler")
            eventually(
                lambda putter=putter: putter.put() is None, 20, every=0.1, what="puts to pass once there is room"
            )
            if round == 0:
                server.kill()
            else:
                server.stop()
            server.start()
            count = book.check(server, account, "orders")
        print(f"full disk: refused as {refusal['Error']}, {count} records kept through two fillings")
        server.kill()


def test_a_start_on_a_full_disk_says_why(servers, account, tmp_path):
    with mounted(tmp_path / "disk", 64) as disk:
        fill(disk / "filler")
        server = servers(data_dir=disk / "data")
        with pytest.raises(StartFailed) as failed:
            server.start()
        check_words(failed.value, disk / "data")
        os.unlink(disk / "filler")


def check_words(failure, folder, *words):
    """The failure must be one readable line that names the folder, with a code that scripts notice."""
    assert failure.code not in (0, None) and failure.code > 0, failure
    assert "panicked" not in failure.stderr and "RUST_BACKTRACE" not in failure.stderr, failure.stderr
    lines = [line for line in failure.stderr.splitlines() if line.strip()]
    assert lines and str(folder) in lines[-1], failure.stderr
    for word in words:
        assert word.lower() in lines[-1].lower(), failure.stderr


def test_a_read_only_directory_is_refused_in_one_line(servers, account, tmp_path):
    with mounted(tmp_path / "disk", 256) as disk:
        server = servers(data_dir=disk / "data").start()
        make_stream(client(server, account), "orders", 1)
        server.stop()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(StartFailed) as failed:
            server.start()
        check_words(failed.value, disk / "data", "read-only")
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        server.start()
        assert client(server, account).list_streams()["StreamNames"] == ["orders"]
        server.kill()


def test_a_directory_of_somebody_else_is_refused_in_one_line(servers, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    with pytest.raises(StartFailed) as failed:
        servers(data_dir=folder, wrapper=nobody).start()
    check_words(failed.value, folder, "permission denied")


def test_a_second_process_is_refused_and_the_first_does_not_notice(servers, account, tmp_path):
    first = servers(data_dir=tmp_path / "data").start()
    kinesis = client(first, account)
    make_stream(kinesis)
    with pytest.raises(StartFailed) as failed:
        servers(data_dir=tmp_path / "data").start()
    check_words(failed.value, tmp_path / "data")
    assert any(word in failed.value.stderr for word in ("another", "in use", "locked")), failed.value.stderr
    kinesis.put_record(StreamName="orders", PartitionKey="a", Data=b"still here")
    first.kill()
    # A killed process leaves no lock behind.
    second = servers(data_dir=tmp_path / "data").start()
    assert client(second, account).list_streams()["StreamNames"] == ["orders"]
