"""Waiting for a state with a deadline, in place of sleeping and hoping."""

import time


def eventually(probe, seconds=10.0, every=0.02, what="the expected state"):
    """Calls `probe` until it answers something true, which is returned; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}, last answer: {answer!r}"
        time.sleep(every)
