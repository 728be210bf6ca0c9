"""A program of the root helper that runs as an application's user, seen from the agent.

The pipe to the helper is its leash: whoever closes it ends the program, so a console that goes away leaves nothing
behind.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import selectors
import threading
from collections.abc import Iterator
from typing import Any

from lampas import process
from lampas.agent.configuration import AgentConfiguration

_BEGIN = b"\0lampas\0"  # BEGIN of roothelper/helper.py, which this package does not import
_CHUNK = 65536


class Running:
    """A command that runs; `frames` gives what it writes, `status` counts once they have ended."""

    def __init__(self, configuration: AgentConfiguration, request: dict[str, Any]) -> None:
        self._process = process.start(configuration.helper_command, stdin=process.PIPE, new_session=True)
        self._lock = threading.Lock()
        self.status = -1
        self._preface: bytes | None = b""
        self._write(request)

    def feed(self, data: bytes, *, end: bool = False) -> None:
        """Gives the command more of its stdin, and ends it if asked."""
        for begin in range(0, len(data), _CHUNK):
            self._write({"in": base64.b64encode(data[begin : begin + _CHUNK]).decode()})
        if end:
            self._write({"eof": True})

    def frames(self, tick: float | None = None) -> Iterator[tuple[str, bytes]]:
        """What the command writes, as it comes: ("out" or "err", bytes); ("", b"") after `tick` seconds of silence."""
        assert self._process.stdout is not None  # noqa: S101 - started with pipes
        assert self._process.stderr is not None  # noqa: S101
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ, "out")
            selector.register(self._process.stderr, selectors.EVENT_READ, "err")
            while selector.get_map():
                ready = selector.select(tick)
                if not ready:
                    yield "", b""
                for key, _ in ready:
                    data = os.read(key.fd, _CHUNK)
                    if not data:
                        selector.unregister(key.fileobj)
                    if key.data == "err":
                        data = self._after_begin(data)
                    if data:
                        yield key.data, data
        self.status = self._process.wait()
        self.close()

    def _after_begin(self, data: bytes) -> bytes:
        """The command's own stderr. What sudo says ahead of it (of a host name that it cannot look up, say) is shown
        only where the command did not come about."""
        if self._preface is None:
            return data
        self._preface += data
        before, found, after = self._preface.partition(_BEGIN)
        if not found and data:
            return b""
        self._preface = None
        return after if found else before

    def close(self) -> None:
        """Lets go of the leash: what still runs is ended by the helper."""
        with self._lock:
            if self._process.stdin:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()

    def _write(self, line: dict[str, Any]) -> None:
        with self._lock, contextlib.suppress(BrokenPipeError, ValueError):
            assert self._process.stdin is not None  # noqa: S101 - started with a pipe
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
