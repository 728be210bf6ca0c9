"""The leash of a command: a pipe that feeds its stdin, and whose end ends it.

The caller may not signal what runs as somebody else. Its end of the pipe sends JSON lines, `{"in": BASE64}` and
`{"eof": true}` for the command's own stdin; when it closes the pipe, the command is ended with all that it started.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import signal
import subprocess
import time

OUT_OF_TIME = 124
_GRACE = 3.0  # seconds between TERM and KILL


class Leash:
    """Feeds a command's stdin from the pipe, and ends it when the pipe closes or its time is up.

    Args:
        process: The command, which leads a session of its own.
        rest: What of the pipe was read already.
        seconds: Its bound in time.
    """

    def __init__(self, process: subprocess.Popen[bytes], rest: bytes, seconds: float) -> None:
        self._process, self._buffer = process, rest
        self._deadline = time.monotonic() + seconds
        self._ended = os.pidfd_open(process.pid)

    def hold(self) -> int:
        """Holds it to its end; returns its exit status: 124 where its time was up, 128 + n where a signal ended it."""
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        poll.register(0, select.POLLIN | select.POLLHUP)
        self._feed()
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                self._end()
                return OUT_OF_TIME
            ready = dict(poll.poll(min(left, 60) * 1000))
            if self._ended in ready:
                break
            if 0 in ready:
                data = os.read(0, 65536)
                if not data:
                    self._end()
                    break
                self._buffer += data
                self._feed()
        self._sweep()
        status = self._process.wait()
        return status if status >= 0 else 128 - status

    def _feed(self) -> None:
        *lines, self._buffer = self._buffer.split(b"\n")
        stdin = self._process.stdin
        for line in lines:
            frame = json.loads(line)
            if stdin is None or stdin.closed:
                continue
            with contextlib.suppress(BrokenPipeError):
                if "in" in frame:
                    stdin.write(base64.b64decode(frame["in"]))
                    stdin.flush()
                if frame.get("eof"):
                    stdin.close()

    def _end(self) -> None:
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        poll.poll(_GRACE * 1000)
        self._sweep()
        self._process.wait()

    def _sweep(self) -> None:
        """Nothing that the command started outlives it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
