"""Requests by hand, for what no client would send."""

import http.client
import json
import socket

JSON = "application/x-amz-json-1.1"
CBOR = "application/x-amz-cbor-1.1"
TARGET = "Kinesis_20131202"


def credentials(account, region="us-east-1", service="kinesis"):
    """An Authorization header whose signature is not a signature: good for a server in mode `open`."""
    scope = f"{account}/20261121/{region}/{service}/aws4_request"
    signed = "SignedHeaders=host;x-amz-date;x-amz-target"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, {signed}, Signature={'0' * 64}",
        "X-Amz-Date": "20261121T000000Z",
    }


class Answer:
    """Status, headers (lower case) and body."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self):
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self):
        """The error code of a JSON body."""
        return self.json().get("__type")

    @property
    def message(self):
        """The error text of a JSON body, however it is spelled."""
        body = self.json()
        return body.get("message", body.get("Message"))


class Wire:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, server, account, timeout=30):
        self.connection = http.client.HTTPConnection(*server.address, timeout=timeout)
        self.account = account

    def send(self, operation, body, content_type=JSON, method="POST", path="/", target=TARGET, headers=None):
        """Sends a body (bytes as they are, anything else as JSON) and reads the answer."""
        if not isinstance(body, (bytes, bytearray)):
            body = json.dumps(body).encode()
        sent = {"Content-Type": content_type, **credentials(self.account), **(headers or {})}
        if operation is not None:
            sent["X-Amz-Target"] = f"{target}.{operation}" if target else operation
        sent = {name: value for name, value in sent.items() if value is not None}
        self.connection.request(method, path, body=body, headers=sent)
        return Answer(self.connection.getresponse())

    def close(self):
        """Closes the connection."""
        self.connection.close()


def get(server, path, headers=None, method="GET"):
    """One request without credentials."""
    connection = http.client.HTTPConnection(*server.address, timeout=10)
    connection.request(method, path, headers=headers or {})
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def raw(server, data, timeout=10):
    """Sends bytes and reads until the server closes or falls silent for `timeout` seconds."""
    with socket.create_connection(server.address, timeout=timeout) as connection:
        connection.sendall(data)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except (TimeoutError, ConnectionResetError):
            pass
        return received
