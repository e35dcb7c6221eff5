"""kill -9 while an application runs: every row is in the output stream, and none of them twice."""

import collections
import random
import threading
import time

from botocore.exceptions import BotoCoreError

from harness.analytics import PASS_CODE, start, stream_input, stream_output, rows_of, wait_for
from harness.clients import client, make_stream
from harness.polling import eventually

ROUNDS = 8
LOAD_SECONDS = 1.0


class Writer(threading.Thread):
    """Puts rows with numbers of their own until the server is gone, and notes which were acknowledged."""

    def __init__(self, kinesis, first):
        super().__init__(daemon=True)
        self.kinesis, self.next = kinesis, first
        self.sent, self.acknowledged, self.trouble = set(), set(), None

    def run(self):
        try:
            while True:
                numbers = range(self.next, self.next + 25)
                self.next = numbers.stop
                self.sent.update(numbers)
                entries = [{"Data": f'{{"item": "i", "price": {n}}}', "PartitionKey": str(n)} for n in numbers]
                answer = self.kinesis.put_records(StreamName="orders", Records=entries)
                done = zip(numbers, answer["Records"], strict=True)
                self.acknowledged.update(n for n, result in done if "SequenceNumber" in result)
        except BotoCoreError:
            pass  # The connection broke: what the server was meant to do.
        except Exception as error:
            self.trouble = error


def test_every_row_comes_out_once(servers, account):
    server = servers().start()
    kinesis, analytics = client(server, account), client(server, account, "kinesisanalytics")
    source, output = make_stream(kinesis, "orders", 2), make_stream(kinesis, "totals", 2)
    analytics.create_application(
        ApplicationName="shop",
        Inputs=[stream_input(account, source)],
        Outputs=[stream_output(account, output)],
        ApplicationCode=PASS_CODE,
    )
    start(analytics)
    chance, first, sent, acknowledged = random.Random(4), 0, set(), set()
    for _ in range(ROUNDS):
        writer = Writer(kinesis, first)
        writer.start()
        time.sleep(LOAD_SECONDS * chance.random())
        server.kill()
        writer.join(30)
        assert not writer.is_alive() and writer.trouble is None, writer.trouble
        first = writer.next
        sent |= writer.sent
        acknowledged |= writer.acknowledged
        server.start()
        kinesis, analytics = client(server, account), client(server, account, "kinesisanalytics")
        wait_for(analytics, "RUNNING")
    assert acknowledged

    def found():
        numbers = collections.Counter(row["PRICE"] for row in rows_of(kinesis))
        return numbers if acknowledged <= set(numbers) else None

    numbers = eventually(found, 60, every=0.2, what=f"{len(acknowledged)} rows in the output")
    # What was sent and not acknowledged may be there as well.
    read = collections.Counter(row["price"] for row in rows_of(kinesis, "orders"))
    repeated = {n: count for n, count in numbers.items() if count != read[n]}
    assert not repeated, f"rows that are not there as often as they came in: {repeated}"
    assert set(numbers) <= sent
