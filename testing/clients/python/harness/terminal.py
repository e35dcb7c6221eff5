"""A program in a pseudo-terminal, as a person sits in front of it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

# What moves the cursor or colours text, and is no text itself.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")
CTRL_C, CTRL_D, TAB, UP = b"\x03", b"\x04", b"\t", b"\x1b[A"
ROWS, COLUMNS = 50, 200


def _own_terminal():
    """Makes the pseudo-terminal the one that Ctrl-C comes from."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """Types into a program and reads what it shows."""

    def __init__(self, command, env):
        self.screen = ""
        self.seen = 0
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"PATH": os.environ.get("PATH", ""), "TERM": "xterm", **env},
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(slave)

    def type(self, keys):
        """Presses keys; a text is ended with Enter."""
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode() + b"\r")

    def _read(self, seconds):
        """Takes what has come; false at the end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            piece = os.read(self.master, 1 << 16)
        except OSError:
            # So Linux says that nobody holds the other end any more.
            return False
        self.screen += ESCAPES.sub("", piece.decode(errors="replace"))
        return bool(piece)

    def expect(self, pattern, seconds=30):
        """Waits until this appears behind what was expected before, and answers the match."""
        deadline = time.monotonic() + seconds
        compiled = re.compile(pattern, re.MULTILINE)
        while True:
            found = compiled.search(self.screen, self.seen)
            if found:
                self.seen = found.end()
                return found
            goes_on = self._read(max(0.0, min(1.0, deadline - time.monotonic())))
            text = self.screen[self.seen :]
            assert goes_on, f"the program ended before {pattern!r} appeared: {text!r}"
            assert time.monotonic() < deadline, f"{pattern!r} did not appear in {seconds} s: {text!r}"

    def end(self, seconds=10):
        """Waits for the program's end, and answers its code."""
        deadline = time.monotonic() + seconds
        while self._read(0.1):
            assert time.monotonic() < deadline, f"the program did not end: {self.screen[self.seen :]!r}"
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.master)
