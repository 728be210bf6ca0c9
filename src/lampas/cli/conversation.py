"""A command that runs far away, as if it ran here: its output, input, terminal, signals and exit status.

The answer to one request streams what it writes. Two threads tell it things meanwhile: one passes stdin on, the other
signals and sizes, so that Ctrl-C never waits behind input that nobody reads.
"""

from __future__ import annotations

import base64
import io
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any

from lampas.cli import terminals
from lampas.cli.client import Api, Refused
from lampas.errors import Failed, LampasError, Unreachable

_CHUNK = 1 << 19  # bytes of stdin in one request
_PASSED = ("HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "TSTP", "CONT")
_INTERRUPTS = 3  # times Ctrl-C after which this program ends, whatever the command does
_SIZE = "WINCH"


class Conversation:
    """One command from its start to its end."""

    def __init__(self, api: Api, app: str, number: int, *, terminal: bool | None) -> None:
        """Prepares it.

        Args:
            api: Where.
            app: The application.
            number: The release in whose environment it runs.
            terminal: Whether it gets a terminal; None: where there is one here.
        """
        self._api, self._app, self._number, self._terminal = api, app, number, terminal
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._interrupts = 0
        self._raw: terminals.Raw | None = None

    def hold(self, argv: list[str]) -> int:
        """Runs the command; returns its exit status.

        Raises:
            Refused: It may not be run.
            Failed: How it ended was not reported.
            Unreachable: The connection was lost, which ends the command.
        """
        wanted = terminals.is_there() if self._terminal is None else self._terminal
        body = {"argv": argv, "terminal": terminals.describe() if wanted else None}
        path = f"/applications/{self._app}/releases/{self._number}/run"
        with self._api.stream("POST", path, body) as answer, self._signals(with_terminal=wanted):
            lines = (json.loads(line) for line in answer.iter_lines() if line)
            first: Mapping[str, Any] = next(lines, {})
            _raise(first)
            with terminals.raw(wanted=wanted) as self._raw:
                self._begin(str(first.get("run", "")))
                return self._listen(lines)

    def _begin(self, run_id: str) -> None:
        for work in (self._pass_input, self._pass_signals):
            threading.Thread(target=work, args=(f"/applications/{self._app}/runs/{run_id}",), daemon=True).start()

    def _listen(self, frames: Iterator[Mapping[str, Any]]) -> int:
        for frame in frames:
            _raise(frame)
            if "out" in frame:
                _write(sys.stdout, frame["out"])
            elif "err" in frame:
                _write(sys.stderr, frame["err"])
            elif "status" in frame:
                return int(frame["status"])
        raise Failed("the command's end was not reported", f"look at: lampas logs {self._app}")

    def _pass_input(self, path: str) -> None:
        begin = 0
        read = _reader()
        try:
            while True:
                data = read()
                end = begin + len(data)
                while begin < end or not data:
                    left = data[len(data) - (end - begin) :]
                    given = self._api.send(f"{path}/input", left, begin=begin, end=not data)
                    begin = int(given["given"])
                    if not data:
                        return
        except (Refused, Unreachable):
            return  # it has ended, or its own stream tells what is wrong

    def _pass_signals(self, path: str) -> None:
        while True:
            name = self._said.get()
            try:
                if name == _SIZE:
                    self._api.post(f"{path}/size", terminals.size())
                else:
                    self._api.post(f"{path}/signal", {"signal": name})
            except LampasError:
                continue
            if name == "TSTP":
                os.kill(os.getpid(), signal.SIGSTOP)

    @contextmanager
    def _signals(self, *, with_terminal: bool) -> Iterator[None]:
        """Passes signals on. From a terminal in raw mode none come by keys; those that come from elsewhere do."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = (*_PASSED, _SIZE) if with_terminal else _PASSED
        numbers = [getattr(signal, f"SIG{name}") for name in names]
        kept = {number: signal.signal(number, self._caught) for number in numbers}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def _caught(self, number: int, _: FrameType | None) -> None:
        name = signal.Signals(number).name.removeprefix("SIG")
        if name == "INT":
            self._interrupts += 1
            if self._interrupts >= _INTERRUPTS:
                raise KeyboardInterrupt
        if name == "CONT" and self._raw is not None:
            self._raw.enter()
            self._said.put(_SIZE)
        self._said.put(name)


def _raise(frame: Mapping[str, Any]) -> None:
    if "error" in frame:
        error = frame["error"]
        raise Refused(str(error["code"]), str(error["message"]), str(error["remedy"]), 200)


def _reader() -> Any:
    """Reads what is there of stdin, b"" at its end; nothing is buffered here."""
    try:
        handle = sys.stdin.fileno()
    except (AttributeError, ValueError, io.UnsupportedOperation):
        stream: IO[bytes] = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
        return lambda: stream.read(_CHUNK)
    return lambda: os.read(handle, _CHUNK)


def _write(stream: Any, data: str) -> None:
    stream.buffer.write(base64.b64decode(data))
    stream.flush()
