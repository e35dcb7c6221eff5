"""Mode `keys`: only requests that are signed with a known key, now, pass."""

import datetime
import hashlib
import hmac
import urllib.error
import urllib.request

import pytest

from harness.clients import client, make_stream, refused
from harness.server import StartFailed
from harness.wire import JSON, Wire

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def locked(servers, tmp_path):
    """A server that knows one key."""
    credentials = tmp_path / "credentials"
    credentials.write_text(f'[[key]]\naccess-key = "{KEY}"\nsecret-key = "{SECRET}"\naccount = "111122223333"\n')
    return servers("--auth", "keys", "--credentials", str(credentials)).start()


def test_signed_requests_pass_and_others_do_not(locked):
    good = client(locked, KEY, secret=SECRET)
    assert make_stream(good) == "arn:aws:kinesis:us-east-1:111122223333:stream/orders"
    assert good.list_streams()["StreamNames"] == ["orders"]
    assert client(locked, KEY, "sts", secret=SECRET).get_caller_identity()["Arn"] == "arn:aws:iam::111122223333:root"
    with refused("InvalidSignatureException") as seen:
        client(locked, KEY, secret=SECRET + "x").list_streams()
    assert "The request signature we calculated does not match" in seen[0]["Error"]["Message"]
    with refused("UnrecognizedClientException", "The security token included in the request is invalid."):
        client(locked, "AKIANOBODYKNOWSTHIS0", secret=SECRET).list_streams()
    assert Wire(locked, KEY).send("ListStreams", {}).code in ("InvalidSignatureException", "SignatureDoesNotMatch")
    unsigned = Wire(locked, KEY).send("ListStreams", {}, headers={"Authorization": None})
    assert (unsigned.status, unsigned.code) == (400, "MissingAuthenticationTokenException")


def signed(body, moment, region="us-east-1", secret=SECRET, host="localhost"):
    """Headers with a true signature for any moment."""
    stamp, day = moment.strftime("%Y%m%dT%H%M%SZ"), moment.strftime("%Y%m%d")
    headers = {"content-type": JSON, "host": host, "x-amz-date": stamp, "x-amz-target": "Kinesis_20131202.ListStreams"}
    names = ";".join(sorted(headers))
    canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{canonical}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{region}/kinesis/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in (day, region, "kinesis", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    authorization = f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    return {"Authorization": authorization, "X-Amz-Date": stamp, "Host": host}


def test_clocks_may_differ_by_a_quarter_of_an_hour(locked):
    now = datetime.datetime.now(datetime.timezone.utc)
    for minutes, passes in ((0, True), (-13, True), (13, True), (-17, False), (17, False), (-60 * 24 * 365, False)):
        headers = signed(b"{}", now + datetime.timedelta(minutes=minutes))
        answer = Wire(locked, KEY).send("ListStreams", b"{}", headers=headers)
        if passes:
            assert answer.status == 200, (minutes, answer.body)
        else:
            assert (answer.status, answer.code) == (400, "InvalidSignatureException"), (minutes, answer.body)
            assert "Signature expired" in answer.message or "Signature not yet current" in answer.message


def test_a_signature_covers_the_body(locked):
    now = datetime.datetime.now(datetime.timezone.utc)
    answer = Wire(locked, KEY).send("ListStreams", b'{"Limit":1}', headers=signed(b"{}", now))
    assert (answer.status, answer.code) == (400, "InvalidSignatureException"), answer.body


def test_temporary_credentials_work_with_their_token_only(locked):
    sts = client(locked, KEY, "sts", secret=SECRET)
    role = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/reader", RoleSessionName="me")["Credentials"]
    key, secret, token = role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"]
    session = client(locked, key, "sts", secret=secret, token=token)
    assert session.get_caller_identity()["Arn"] == "arn:aws:sts::111122223333:assumed-role/reader/me"
    kinesis = client(locked, key, secret=secret, token=token)
    assert make_stream(kinesis) == "arn:aws:kinesis:us-east-1:111122223333:stream/orders"
    for wrong in (None, token[:-4] + "AAAA", "x"):
        with refused("UnrecognizedClientException"):
            client(locked, key, secret=secret, token=wrong).list_streams()
    with refused("InvalidSignatureException"):
        client(locked, key, secret=SECRET, token=token).list_streams()
    # They survive a restart, as the streams do that were made with them.
    locked.kill()
    locked.start()
    assert client(locked, key, secret=secret, token=token).list_streams()["StreamNames"] == ["orders"]


def test_presigned_requests_are_checked(locked):
    sts = client(locked, KEY, "sts", secret=SECRET)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert b"<Account>111122223333</Account>" in answer.read()
    for tampered in (url.replace("Expires=60", "Expires=61"), url[:-1] + ("0" if url[-1] != "0" else "1")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(tampered, timeout=10)
        assert caught.value.code == 403 and b"SignatureDoesNotMatch" in caught.value.read()


def test_keys_mode_wants_its_file(servers, tmp_path):
    with pytest.raises(StartFailed) as failed:
        servers("--auth", "keys", "--credentials", str(tmp_path / "nothing")).start()
    assert "nothing" in failed.value.stderr and failed.value.code > 0


def test_open_mode_stays_at_home(servers):
    with pytest.raises(StartFailed) as failed:
        servers(listen="0.0.0.0:0").start()
    assert "--insecure" in failed.value.stderr and failed.value.code > 0
