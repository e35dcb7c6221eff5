"""A SubscribeToShard read in the background, so that a test can wait for the next event with a deadline."""

import contextlib
import queue
import threading
import time

from botocore.exceptions import EventStreamError

END = object()


class Subscription:
    """Events of one subscription with their arrival times."""

    def __init__(self, kinesis, consumer_arn, shard="shardId-000000000000", kind="TRIM_HORIZON", **position):
        started = {"Type": kind, **position}
        self.began = time.monotonic()
        answer = kinesis.subscribe_to_shard(ConsumerARN=consumer_arn, ShardId=shard, StartingPosition=started)
        self.headers = answer["ResponseMetadata"]["HTTPHeaders"]
        self.stream = answer["EventStream"]
        self.events = queue.Queue()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            for event in self.stream:
                self.events.put((time.monotonic(), event))
            self.events.put((time.monotonic(), END))
        except EventStreamError as error:
            self.events.put((time.monotonic(), error))
        except Exception as error:  # A closed socket looks different in every version; the test sees which.
            self.events.put((time.monotonic(), error))

    def next(self, seconds=10.0):
        """The next event's body, END, or the error that ended the stream."""
        _, event = self.events.get(timeout=seconds)
        return event["SubscribeToShardEvent"] if isinstance(event, dict) else event

    def next_timed(self, seconds=10.0):
        """The next event's body with its arrival."""
        at, event = self.events.get(timeout=seconds)
        return at, (event["SubscribeToShardEvent"] if isinstance(event, dict) else event)

    def records(self, count, seconds=10.0):
        """Reads events until `count` records have come: the records and the last event."""
        got, event = [], None
        deadline = time.monotonic() + seconds
        while len(got) < count:
            event = self.next(max(0.01, deadline - time.monotonic()))
            assert isinstance(event, dict), f"the subscription ended with {event!r} after {len(got)} records"
            got += event["Records"]
        return got, event

    def close(self):
        """Ends the subscription from the client's side."""
        # Closing alone would wait for the reader in the background, which waits for the next event.
        with contextlib.suppress(OSError, RuntimeError, ValueError):  # It has ended by itself.
            self.stream._raw_stream.shutdown()
        self.stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
