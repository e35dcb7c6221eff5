"""The AWS SDK for Java v2, with a program of its own in the folder beside this one."""

import importlib.util
import os
import pathlib
import shutil
import subprocess

import pytest

CLIENTS = pathlib.Path(__file__).resolve().parents[1]


def run(command, seconds, **more):
    """Runs a program, shows what it printed and fails when it failed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, **more)
    print(done.stdout)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout[-8000:]}"
    return done.stdout


def environment(server, account):
    """Endpoint, region and credentials, as the SDK reads them."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="session")
def java_classpath(tmp_path_factory):
    """The compiled Java programs and the SDK's jars, which the Python package of the KCL brings along."""
    package = importlib.util.find_spec("amazon_kclpy")
    assert package is not None, "kclpy-ext is not installed"
    jars = pathlib.Path(package.origin).parent / "jars"
    compiled = tmp_path_factory.mktemp("java")
    compiler = shutil.which("javac")
    assert compiler, "javac is not on the PATH: install a JDK of version 11 or newer"
    sources = [str(path) for path in sorted((CLIENTS / "java").glob("*.java"))]
    run([compiler, "-Xlint:all,-processing,-classfile,-path", "-cp", f"{jars}/*", "-d", str(compiled), *sources], 180)
    return f"{compiled}:{jars}/*"


def test_java_v2_with_cbor_over_http2(server, account, java_classpath):
    command = ["java", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", java_classpath, "KinesisDay"]
    output = run(command, 180, env=environment(server, account))
    assert output.splitlines()[-1].startswith("java: all ")
