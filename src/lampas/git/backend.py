"""One run of `git http-backend`: what goes in, what comes out, and the hooks' questions in between.

The body is fed by a thread of its own, for git may answer before it has read everything; all the rest happens in the
thread of the request, so that the database connection stays in one thread.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Protocol

from lampas import process
from lampas.errors import Failed
from lampas.git.layout import MAX_INPUT

_LOG = logging.getLogger("lampas.git")
_PIECE = 1 << 16
_HELD = 1 << 20  # bytes of an answer that wait until the request was read whole
_LONGEST_HEAD = 1 << 14
_END = b"0000"  # ends what git says
_IDLE = 900.0  # seconds without a byte in or out


class Body(Protocol):
    """The body of a request, as WSGI gives it."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class Conversation(Protocol):
    """Whoever answers the hooks."""

    def answer(self) -> bool:
        """Answers one question; False once there are no more."""


@dataclass(frozen=True)
class Head:
    """Status and headers of an answer, which come before its body."""

    status: int
    headers: Mapping[str, str]


class Backend:
    """Runs a CGI program for one request. A context: at its end the program is gone, with all it started.

    Args:
        argv: The program.
        environment: Its whole environment; where `talk` is set, LAMPAS_PUSH_SOCKET is added.
        log: Where its stderr goes.
        talk: Whether it inherits the other end of `socket`.
    """

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], log: IO[bytes], *, talk: bool = False
    ) -> None:
        self._argv = argv
        self._environment = dict(environment)
        self._log = log
        self._talk = talk
        self._feeder: threading.Thread | None = None
        self._broken = False
        self._last = b""
        self.cut = False  # whether it failed without having said so to its end
        self._active = time.monotonic()

    def __enter__(self) -> Backend:
        self.socket, other = socket.socketpair()
        with other:
            if self._talk:
                self._environment["LAMPAS_PUSH_SOCKET"] = str(other.fileno())
            try:
                self._process = process.start(
                    self._argv,
                    stdin=process.PIPE,
                    stderr=self._log,
                    env=self._environment,
                    new_session=True,
                    pass_fds=(other.fileno(),) if self._talk else (),
                )
            except BaseException:
                self.socket.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.socket.close()
        if self._feeder is not None:
            self._feeder.join(timeout=60)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def feed(self, body: bytes) -> None:
        """Gives it a whole body."""
        self._start_feeding(_Bytes(body), len(body))

    def stream(self, body: Body, length: int | None) -> None:
        """Gives it a body as it comes; `length` None: up to its end."""
        self._start_feeding(body, length)

    def answer(self, conversation: Conversation | None = None) -> Iterator[Head | bytes]:
        """What it answers: the head, then the body in pieces.

        Raises:
            Failed: It ended without an answer, said that it failed, or stood still.
        """
        pieces = self._pieces(conversation)
        head, first = self._head(pieces)
        held = [first]
        if conversation is None and not first:  # a read has failed unless a byte of its body is there
            held.append(next(pieces, b""))
        if head.status in (404, 500) or (conversation is None and not any(held)):
            self._process.wait()
            raise self._failure()
        yield head
        for piece in pieces:
            held.append(piece)
            if not self._feeding() or sum(map(len, held)) > _HELD:
                yield b"".join(held)
                held.clear()
        if self._feeder is not None:
            self._feeder.join()
        yield b"".join(held)
        if self._process.wait() != 0:
            self.cut = self._last != _END
            _LOG.warning("git ended with status %s: %s", self._process.returncode, self._last_words())

    def _head(self, pieces: Iterator[bytes]) -> tuple[Head, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = next(pieces, b"")
            if not piece or len(data) > _LONGEST_HEAD:
                self._process.wait()
                raise self._failure()
            data += piece
        text, rest = data.split(b"\r\n\r\n", 1)
        headers = dict(line.split(": ", 1) for line in text.decode("latin-1").split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200").split()[0])
        return Head(status, headers), rest

    def _pieces(self, conversation: Conversation | None) -> Iterator[bytes]:
        """Its output as it comes; answers the hooks on the way."""
        assert self._process.stdout is not None  # noqa: S101 (a pipe, as process.start was asked for)
        out = self._process.stdout.fileno()
        with selectors.DefaultSelector() as waiting:
            waiting.register(out, selectors.EVENT_READ)
            if conversation is not None:
                waiting.register(self.socket, selectors.EVENT_READ, conversation)
            while True:
                ready = waiting.select(timeout=30)
                if not ready and (self._broken or time.monotonic() - self._active > _IDLE):
                    raise Failed("the request stood still", "try again")
                for key, _ in ready:
                    if key.data is not None:
                        if not key.data.answer():
                            waiting.unregister(self.socket)
                        continue
                    data = os.read(out, _PIECE)
                    if not data:
                        return
                    self._active = time.monotonic()
                    self._last = (self._last + data)[-len(_END) :]
                    yield data

    def _start_feeding(self, body: Body, length: int | None) -> None:
        self._feeder = threading.Thread(target=self._run_feeder, args=(body, length), daemon=True)
        self._feeder.start()

    def _feeding(self) -> bool:
        return self._feeder is not None and self._feeder.is_alive()

    def _run_feeder(self, body: Body, length: int | None) -> None:
        sink = self._process.stdin
        assert sink is not None  # noqa: S101 (a pipe, as process.start was asked for)
        wanted = True
        done = 0
        try:
            while length is None or done < length:
                data = body.read(_PIECE if length is None else min(_PIECE, length - done))
                if not data:
                    break
                done += len(data)
                self._active = time.monotonic()
                if wanted:
                    try:
                        sink.write(data)
                    except OSError:  # it has read enough; the client wants to be heard to the end all the same
                        wanted = False
                elif done > 2 * MAX_INPUT:
                    break
            if length is not None and done < length:
                raise EOFError("the client went away")
        except Exception:  # noqa: BLE001 (whatever a server's stream raises: the request is cut short)
            self._broken = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        finally:
            with contextlib.suppress(OSError):
                sink.close()

    def _failure(self) -> Failed:
        words = self._last_words()
        _LOG.warning("git failed: %s", words)
        return Failed("git could not serve this request" + (f": {words.splitlines()[-1]}" if words else ""))

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace").strip()


class _Bytes:
    """A body that is in memory already."""

    def __init__(self, data: bytes) -> None:
        self._rest = memoryview(data)

    def read(self, size: int, /) -> bytes:
        piece, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return piece
