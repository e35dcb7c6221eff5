"""Fixtures: servers that end with the tests, and clients of an account of their own."""

import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.clients import client, new_account  # noqa: E402
from harness.s3 import new_bucket, s3_client  # noqa: E402
from harness.server import Server, binary  # noqa: E402


def pytest_configure(config):
    """Fails once and early when there is nothing to test."""
    program = binary()
    if not config.option.collectonly and not program.is_file():
        raise pytest.UsageError(f"{program} is not there: build it or name it in MILLSTREAM_BIN")


@pytest.fixture(autouse=True)
def no_own_settings(monkeypatch):
    """The machine's AWS settings and proxies must not steer the clients."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests that need nothing special; limits off, so that tests run at full speed."""
    with Server(tmp_path_factory.mktemp("data")) as started:
        yield started


@pytest.fixture
def account():
    """An account that no other test uses."""
    return new_account()


@pytest.fixture
def kinesis(server, account):
    """A client of the shared server."""
    return client(server, account)


@pytest.fixture
def lax(server, account):
    """A client that sends what its model forbids."""
    return client(server, account, validate=False)


@pytest.fixture
def s3(server, account):
    """A client of the shared server's buckets."""
    return s3_client(server, account)


@pytest.fixture
def bucket(s3):
    """A bucket for one test."""
    return new_bucket(s3)


@pytest.fixture
def aws(server, account, tmp_path):
    """Runs `aws WORDS…` and answers its standard output; with `fails` its standard error."""
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

    def run(line, *more, fails=False):
        command = [sys.executable, str(program), *line.split(), *more]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert (done.returncode != 0) == fails, f"aws {line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr if fails else done.stdout

    return run


@pytest.fixture
def servers(tmp_path):
    """Makes servers with flags of their own; all are killed at the end."""
    made = []

    def make(*flags, data_dir=None, **more):
        made.append(Server(data_dir or tmp_path / "data", *flags, **more))
        return made[-1]

    yield make
    for started in made:
        if started.process is not None:
            started.kill()
