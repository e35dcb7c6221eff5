"""Who may do what: presigned requests, posted forms, chunks, virtual hosts, and a server that checks everything."""

import datetime
import hashlib
import http.client
import urllib.error
import urllib.parse
import urllib.request

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from harness.clients import client, refused
from harness.s3 import MIB, body_of, content, new_bucket, s3_client, sign

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """A server that knows one key."""
    from harness.server import Server

    folder = tmp_path_factory.mktemp("locked")
    credentials = folder / "credentials"
    credentials.write_text(f'[[key]]\naccess-key = "{KEY}"\nsecret-key = "{SECRET}"\naccount = "111122223333"\n')
    with Server(folder / "data", "--auth", "keys", "--credentials", str(credentials)) as started:
        yield started


@pytest.fixture(params=["open", "keys"])
def either(request, server, account):
    """A server in either mode, and a client whom it believes."""
    if request.param == "open":
        return server, s3_client(server, account)
    locked = request.getfixturevalue("locked")
    return locked, s3_client(locked, KEY, secret=SECRET)


def fetch(url, data=None, method=None, **headers):
    """Status, headers and body of a plain HTTP request."""
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def code_of(body):
    """The code of an error document."""
    return body.split(b"<Code>")[1].split(b"</Code>")[0].decode()


def test_a_presigned_request_needs_no_client(either):
    server, s3 = either
    bucket = new_bucket(s3)
    data = content(100_000)
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b/ü"}, ExpiresIn=60)
    assert fetch(put, data, "PUT")[0] == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ü"}, ExpiresIn=60)
    assert fetch(get)[2] == data
    assert fetch(get, Range="bytes=5-9")[::2] == (206, data[5:10])
    listed = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket, "Prefix": "a "}, ExpiresIn=60)
    assert b"<KeyCount>1</KeyCount>" in fetch(listed)[2]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = {"Bucket": bucket, "Key": "parts", "UploadId": upload, "PartNumber": 1}
    status, headers, _ = fetch(s3.generate_presigned_url("upload_part", Params=part, ExpiresIn=60), b"one", "PUT")
    assert status == 200
    parts = {"Parts": [{"PartNumber": 1, "ETag": headers["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    assert body_of(s3, bucket, "parts") == b"one"
    gone = s3.generate_presigned_url("delete_object", Params={"Bucket": bucket, "Key": "parts"}, ExpiresIn=60)
    assert fetch(gone, method="DELETE")[0] == 204


def test_presigned_requests_expire(either):
    server, s3 = either
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=1)
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=60)
    query["X-Amz-Date"] = past.strftime("%Y%m%dT%H%M%SZ")
    credential = query["X-Amz-Credential"].split("/")
    query["X-Amz-Credential"] = "/".join([credential[0], past.strftime("%Y%m%d"), *credential[2:]])
    late = parts._replace(query=urllib.parse.urlencode(query)).geturl()
    status, _, body = fetch(late)
    assert (status, code_of(body)) == (403, "AccessDenied") and b"Request has expired" in body
    status, _, body = fetch(url.replace("X-Amz-Expires=1&", "X-Amz-Expires=999999&"))
    assert (status, code_of(body)) == (400, "AuthorizationQueryParametersError")


def multipart_form(fields, file, filename="a.txt"):
    """A form as a browser sends it."""
    boundary = "----boundary7MA4YWxkTrZu0gW"
    lines = []
    for name, value in fields.items():
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
    lines.append(head.encode() + b"Content-Type: text/plain\r\n\r\n" + file + f"\r\n--{boundary}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"


def post(form, file, **more):
    body, content_type = multipart_form({**form["fields"], **more}, file)
    return fetch(form["url"], body, "POST", **{"Content-Type": content_type})


def test_a_form_uploads_what_its_policy_allows(either):
    server, s3 = either
    bucket = new_bucket(s3)
    data = content(300_000, 3)
    conditions = [
        ["content-length-range", 1, 400_000],
        {"success_action_status": "201"},
        ["starts-with", "$Content-Type", "text/"],
        ["starts-with", "$x-amz-meta-m", ""],
    ]
    form = s3.generate_presigned_post(
        bucket, "up/${filename}", Fields={"success_action_status": "201"}, Conditions=conditions
    )
    status, headers, body = post(form, data, **{"Content-Type": "text/plain", "x-amz-meta-m": "1"})
    assert status == 201, body
    assert f"<Key>up/a.txt</Key><ETag>&quot;{hashlib.md5(data).hexdigest()}&quot;</ETag>".encode() in body
    found = s3.get_object(Bucket=bucket, Key="up/a.txt")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (data, "text/plain", {"m": "1"})
    for wrong, expected in (
        ({"Content-Type": "image/png"}, "AccessDenied"),
        ({"Content-Type": "text/a", "acl": "private"}, "AccessDenied"),
    ):
        status, _, body = post(form, b"x", **wrong)
        assert (status, code_of(body)) == (403, expected), body
    good = {"Content-Type": "text/a", "x-amz-meta-m": ""}
    assert code_of(post(form, b"", **good)[2]) == "EntityTooSmall"
    assert code_of(post(form, b"x" * 400_001, **good)[2]) == "EntityTooLarge"
    late = s3.generate_presigned_post(bucket, "k", ExpiresIn=-10)
    status, _, body = post(late, b"x")
    assert (status, code_of(body)) == (403, "AccessDenied") and b"Policy expired" in body
    redirected = s3.generate_presigned_post(
        bucket,
        "k",
        Fields={"success_action_redirect": "http://127.0.0.1:1/done?a=b"},
        Conditions=[{"success_action_redirect": "http://127.0.0.1:1/done?a=b"}],
    )
    body, content_type = multipart_form(redirected["fields"], b"x")
    connection = http.client.HTTPConnection(*server.address, timeout=10)
    connection.request("POST", f"/{bucket}", body, {"Content-Type": content_type})
    answer = connection.getresponse()
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"http://127.0.0.1:1/done?a=b&bucket={bucket}&key=k&etag=%22")
    plain = s3.generate_presigned_post(bucket, "plain")
    assert post(plain, b"x")[0] == 204


def test_a_form_is_only_believed_with_its_signature(locked):
    s3 = s3_client(locked, KEY, secret=SECRET)
    bucket = new_bucket(s3)
    form = s3.generate_presigned_post(bucket, "k")
    forged = {**form, "fields": {**form["fields"], "x-amz-signature": "0" * 64}}
    status, _, body = post(forged, b"x")
    assert (status, code_of(body)) == (403, "SignatureDoesNotMatch")
    status, _, body = post({**form, "fields": {"key": "k"}}, b"x")
    assert (status, code_of(body)) == (403, "AccessDenied")
    with refused("404", status=404):
        s3.head_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("payload", ["signed", "unsigned-trailer"])
def test_bodies_in_chunks(either, payload):
    """boto3 on plain http signs the payload; with a stream it sends chunks with a trailer."""
    server, s3 = either
    bucket = new_bucket(s3)
    data = content(MIB + 77, 4)
    if payload == "signed":
        s3.put_object(Bucket=bucket, Key="k", Body=data)
    else:

        class Stream:
            """Cannot be rewound, so its digest must come behind it."""

            def __init__(self):
                self.left = data

            def read(self, count=-1):
                count = len(self.left) if count is None or count < 0 else count
                piece, self.left = self.left[:count], self.left[count:]
                return piece

        stream = s3_client(
            server,
            s3._request_signer._credentials.access_key,
            secret=SECRET,
            request_checksum_calculation="when_supported",
        )
        stream.put_object(Bucket=bucket, Key="k", Body=data, ChecksumAlgorithm="CRC32")
    assert body_of(s3, bucket, "k") == data


def chunk_signed(server, bucket, data, secret=SECRET, tamper=False, with_trailer=False):
    """A body in signed chunks, as the SDKs for Java and Go send it."""
    import hmac
    import zlib
    from base64 import b64encode

    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if with_trailer else "")
    request = AWSRequest("PUT", f"{server.url}/{bucket}/chunked")
    request.headers["x-amz-decoded-content-length"] = str(len(data))
    request.headers["Content-Encoding"] = "aws-chunked"
    if with_trailer:
        request.headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    sign(KEY, secret, request, kind)
    authorization = request.headers["Authorization"]
    seed = authorization.split("Signature=")[1]
    stamp = request.headers["X-Amz-Date"]
    scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    empty = hashlib.sha256(b"").hexdigest()
    body, previous = b"", seed
    pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)] + [b""]
    for piece in pieces:
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{previous}\n{empty}\n{hashlib.sha256(piece).hexdigest()}"
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        body += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece
        body += b"" if with_trailer and not piece else b"\r\n"
    if with_trailer:
        line = f"x-amz-checksum-crc32:{b64encode(zlib.crc32(data).to_bytes(4, 'big')).decode()}"
        digest = hashlib.sha256(line.encode() + b"\n").hexdigest()
        text = f"AWS4-HMAC-SHA256-TRAILER\n{stamp}\n{scope}\n{previous}\n{digest}"
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        body += line.encode() + f"\r\nx-amz-trailer-signature:{previous}\r\n\r\n".encode()
    if tamper:
        at = body.index(b"\r\n") + 10
        body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    headers = {name: value for name, value in request.headers.items()}
    return fetch(request.url, body, "PUT", **headers)


@pytest.mark.parametrize("with_trailer", [False, True])
def test_signed_chunks_are_checked(locked, server, with_trailer):
    s3 = s3_client(locked, KEY, secret=SECRET)
    bucket = new_bucket(s3)
    data = content(200_000, 8)
    assert chunk_signed(locked, bucket, data, with_trailer=with_trailer)[0] == 200
    assert body_of(s3, bucket, "chunked") == data
    assert s3.head_object(Bucket=bucket, Key="chunked").get("ContentEncoding") is None
    status, _, body = chunk_signed(locked, bucket, content(200_000, 9), tamper=True, with_trailer=with_trailer)
    assert (status, code_of(body)) == (403, "SignatureDoesNotMatch")
    assert body_of(s3, bucket, "chunked") == data
    # Nobody's signature matters to a server in mode `open`, but the checksum behind the chunks does.
    free = s3_client(server, KEY)
    bucket = new_bucket(free)
    status, _, body = chunk_signed(server, bucket, data, secret="other", tamper=True, with_trailer=with_trailer)
    assert status == (400 if with_trailer else 200), body


def test_only_known_keys_pass(locked):
    good = s3_client(locked, KEY, secret=SECRET)
    bucket = new_bucket(good)
    good.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("SignatureDoesNotMatch", status=403) as seen:
        s3_client(locked, KEY, secret="wrong").list_buckets()
    assert seen[0]["Error"]["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
    with refused("InvalidAccessKeyId", status=403):
        s3_client(locked, "AKIANOBODYKNOWSTHIS0", secret=SECRET).list_buckets()
    status, _, body = fetch(f"{locked.url}/{bucket}/k")
    assert (status, code_of(body)) == (403, "AccessDenied")
    status, _, body = fetch(f"{locked.url}/{bucket}/k", Authorization="AWS a:b")
    assert (status, code_of(body)) == (400, "InvalidRequest")
    status, _, body = fetch(f"{locked.url}/{bucket}/k", Authorization="AWS4-HMAC-SHA256 nonsense")
    assert (status, code_of(body)) == (400, "AuthorizationHeaderMalformed")
    url = good.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    for tampered in (url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), url.replace(f"{bucket}/k", f"{bucket}/l")):
        status, _, body = fetch(tampered)
        assert (status, code_of(body)) == (403, "SignatureDoesNotMatch")
    status, _, body = fetch(url, **{"x-amz-acl": "private"})
    assert (status, code_of(body)) == (403, "AccessDenied")


def test_clocks_may_differ_by_a_quarter_of_an_hour(locked, monkeypatch):
    import botocore.auth

    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    for minutes, passes in ((-13, True), (13, True), (-17, False), (17, False)):
        moment = now + datetime.timedelta(minutes=minutes)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda moment=moment: moment)
        try:
            s3_client(locked, KEY, secret=SECRET).list_buckets()
            assert passes, minutes
        except ClientError as error:
            assert not passes, (minutes, error)
            assert error.response["Error"]["Code"] == "RequestTimeTooSkewed"
            assert error.response["Error"]["MaxAllowedSkewMilliseconds"] == "900000"


def test_temporary_credentials_work_with_their_token_only(locked):
    sts = client(locked, KEY, "sts", secret=SECRET)
    role = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/reader", RoleSessionName="me")["Credentials"]
    key, secret, token = role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"]
    s3 = s3_client(locked, key, secret=secret, token=token)
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    assert fetch(url)[2] == b"x"
    assert post(s3.generate_presigned_post(bucket, "posted"), b"y")[0] == 204
    assert body_of(s3_client(locked, KEY, secret=SECRET), bucket, "posted") == b"y"
    with refused("InvalidToken", status=400):
        s3_client(locked, key, secret=secret, token=token[:-4] + "AAAA").list_buckets()
    with refused("InvalidAccessKeyId", status=403):
        s3_client(locked, key, secret=secret).list_buckets()


def test_hosts_name_buckets(either):
    server, s3 = either
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="a b/k", Body=b"x")
    access = s3._request_signer._credentials.access_key
    for host in (
        f"{bucket}.localhost",
        f"{bucket}.s3.localhost",
        f"{bucket}.s3.amazonaws.com",
        f"{bucket}.s3.eu-west-1.amazonaws.com",
        f"{bucket}.s3.localhost.localstack.cloud:4566",
    ):
        request = AWSRequest("GET", f"http://{host}/a%20b/k")
        sign(access, SECRET, request)
        connection = http.client.HTTPConnection(*server.address, timeout=10)
        connection.request("GET", "/a%20b/k", headers={**dict(request.headers.items()), "Host": host})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"x"), host
    host = f"{bucket}.s3.localhost"
    request = AWSRequest("GET", f"http://{host}/?list-type=2&prefix=a")
    sign(access, SECRET, request)
    connection = http.client.HTTPConnection(*server.address, timeout=10)
    connection.request("GET", "/?list-type=2&prefix=a", headers={**dict(request.headers.items()), "Host": host})
    assert b"<Key>a b/k</Key>" in connection.getresponse().read()


def test_a_client_in_virtual_host_style(server, account, monkeypatch):
    # Not every machine's resolver knows that names below `localhost` are this machine, as RFC 6761 has it.
    import socket

    resolve = socket.getaddrinfo
    local = lambda host, *more, **most: resolve("127.0.0.1", *more, **most)  # noqa: E731
    monkeypatch.setattr(socket, "getaddrinfo", local)

    class Named:
        url = server.url.replace("127.0.0.1", "localhost")

    s3 = s3_client(Named, account, style="virtual")
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert body_of(s3_client(server, account), bucket, "k") == b"x"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_signature_version_2_is_only_believed_where_nobody_is_asked(server, locked, account):
    s3 = s3_client(server, account, signature_version="s3")
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert fetch(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}))[2] == b"x"
    late = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-10)
    status, _, body = fetch(late)
    assert (status, code_of(body)) == (403, "AccessDenied")
    with refused("InvalidRequest", status=400):
        s3_client(locked, KEY, secret=SECRET, signature_version="s3").list_buckets()
