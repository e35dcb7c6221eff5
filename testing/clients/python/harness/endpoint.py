"""An HTTP endpoint as Firehose's contract has it, which keeps what it was sent and misbehaves as a test wishes."""

import base64
import collections
import gzip
import json
import random
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOOD = "good"
MISDEEDS = ["500", "429", "redirect", "wrong id", "no json", "half", "reset before", "reset after", "slow"]


class Request:
    """One request as it came."""

    def __init__(self, headers, body):
        self.headers = headers
        raw = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
        self.body = json.loads(raw)
        self.id = headers["X-Amz-Firehose-Request-Id"]
        self.records = [base64.b64decode(record["data"]) for record in self.body["records"]]


class Endpoint:
    """A server on a free port. A share of the answers, drawn from a seed, are misdeeds; 0 makes it well-behaved."""

    def __init__(self, seed=1, misdeeds=0.0):
        self.chance = random.Random(seed)
        self.misdeeds = misdeeds
        self.lock = threading.Lock()
        self.seen, self.taken = [], []
        self.deeds = collections.Counter()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.answer(self, Request(self.headers, body))

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # The client was killed.

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/firehose"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler, request):
        """Answers well or badly. `taken` has the requests for which 200 left in full."""
        with self.lock:
            deed = self.chance.choice(MISDEEDS) if self.chance.random() < self.misdeeds else GOOD
            self.seen.append(request)
            self.deeds[deed] += 1
        good = json.dumps({"requestId": request.id, "timestamp": int(time.time() * 1000)})
        if deed == "slow":
            time.sleep(1.5)
        if deed in (GOOD, "slow"):
            # Before the answer: whoever reads it may look at once.
            with self.lock:
                self.taken.append(request)
            return self.send(handler, 200, good)
        if deed == "500":
            body = {"requestId": request.id, "timestamp": 1, "errorMessage": "oops"}
            return self.send(handler, 500, json.dumps(body))
        if deed == "429":
            return self.send(handler, 429, "slow down", "text/plain")
        if deed == "redirect":
            return self.send(handler, 302, "")
        if deed == "wrong id":
            return self.send(handler, 200, json.dumps({"requestId": "another", "timestamp": 1}))
        if deed == "no json":
            return self.send(handler, 200, "<html>thanks</html>", "text/html")
        if deed == "half":
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n"
            handler.wfile.write(head + b'{"requ')
        if deed == "reset after":
            # All of it is kept, and nobody is told.
            with self.lock:
                self.taken.append(request)
        handler.close_connection = True
        linger = bytes([1, 0, 0, 0, 0, 0, 0, 0])
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()

    @staticmethod
    def send(handler, status, body, kind="application/json"):
        """A whole answer."""
        data = body.encode()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def requests(self):
        """All requests, and those that were taken."""
        with self.lock:
            return list(self.seen), list(self.taken)

    def close(self):
        """Stops listening."""
        self.server.shutdown()
        self.server.server_close()
