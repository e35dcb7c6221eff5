"""The real binary as a child process on a free port, with a data directory of its own."""

import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import psutil

ROOT = pathlib.Path(__file__).resolve().parents[4]
READY_LINE = re.compile(r"listening on (https?://\S+)")
START_SECONDS_MAX = 20.0


def binary():
    """The program under test: `MILLSTREAM_BIN`, else what cargo built last."""
    named = os.environ.get("MILLSTREAM_BIN")
    if named:
        return pathlib.Path(named)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug" / "millstream"


class StartFailed(Exception):
    """The process ended, or said nothing, instead of becoming ready."""

    def __init__(self, code, stdout, stderr):
        super().__init__(f"exit code {code}\nstdout: {stdout}\nstderr: {stderr}")
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


class Server:
    """`millstream serve` on port 0. `start` may be called again after `kill` or `stop`: same data, new port."""

    def __init__(self, data_dir, *flags, env=None, wrapper=(), limits="off", listen="127.0.0.1:0"):
        self.data_dir = pathlib.Path(data_dir)
        self.flags = list(flags)
        self.limits = limits
        self.listen = listen
        self.env = {"PATH": os.environ.get("PATH", ""), "RUST_BACKTRACE": "1", **(env or {})}
        self.wrapper = list(wrapper)
        self.process = None
        self.url = None
        self.ready_seconds = None
        self.lines = []
        self.errors = []

    def command(self):
        """The command line, after whatever it is wrapped in."""
        serve = [str(binary()), "serve", "--listen", self.listen, "--data-dir", str(self.data_dir)]
        return [*self.wrapper, *serve, "--limits", self.limits, *self.flags]

    def start(self):
        """Starts and waits for the ready line."""
        began = time.monotonic()
        self.lines, self.errors = [], []
        ready = threading.Event()
        self.process = subprocess.Popen(
            self.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=self.env
        )
        readers = [
            threading.Thread(target=self._collect, args=(self.process.stdout, self.lines, ready), daemon=True),
            threading.Thread(target=self._collect, args=(self.process.stderr, self.errors, None), daemon=True),
        ]
        for reader in readers:
            reader.start()
        ready.wait(START_SECONDS_MAX)
        found = next(filter(None, map(READY_LINE.search, list(self.lines))), None)
        if found is None:
            self.process.kill()
            code = self.process.wait()
            for reader in readers:
                reader.join(5)
            raise StartFailed(code, "".join(self.lines), "".join(self.errors))
        self.ready_seconds = time.monotonic() - began
        self.url = found.group(1)
        return self

    @staticmethod
    def _collect(pipe, lines, ready):
        for raw in pipe:
            lines.append(raw.decode(errors="replace"))
            del lines[:-2000]
            if ready is not None and READY_LINE.search(lines[-1]):
                ready.set()
        pipe.close()
        # An end without the line also ends the waiting.
        if ready is not None:
            ready.set()

    @property
    def address(self):
        """Host and port."""
        host, port = self.url.split("://", 1)[1].rstrip("/").rsplit(":", 1)
        return host, int(port)

    @property
    def is_running(self):
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def resident_bytes(self):
        """Resident memory of the server itself."""
        return psutil.Process(self.process.pid).memory_info().rss

    def kill(self):
        """SIGKILL, as a power cut does it to a process."""
        if self.is_running:
            self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; answers how many seconds the end took, fails when it takes 10 s."""
        began = time.monotonic()
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        return time.monotonic() - began

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process is not None:
            self.kill()
