"""Commands in a release's environment: the answer streams what they write, a second route tells them things."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router, Schema
from pydantic import Field

from lampas.actions.frame import perform
from lampas.actions.run_command import RunCommand
from lampas.api.permissions import actor, declared
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.core.nodestate import Terminal
from lampas.dispatch import commands
from lampas.errors import Conflict, InvalidInput, LampasError

router = Router(tags=["commands"])
_MOST_AT_ONCE = 10  # commands whose answers one process of the console streams; each takes one of its threads
_MOST_INPUT = 1 << 20  # bytes of stdin in one request
_streams = threading.BoundedSemaphore(_MOST_AT_ONCE)


class TerminalIn(Schema):
    """The terminal of whoever runs a command; `kind` is what TERM says there."""

    rows: int = Field(24, ge=0, le=10_000)
    columns: int = Field(80, ge=0, le=10_000)
    kind: str = Field("xterm", pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")


class RunIn(Schema):
    """A command. With a terminal it gets one of its own like it, and its output comes as {out} alone."""

    argv: list[str] = Field(min_length=1, max_length=1000)
    terminal: TerminalIn | None = None


class Given(Schema):
    """How many bytes of its stdin the command was given so far; what was not, is sent again from there."""

    given: int


class SignalIn(Schema):
    """A signal: HUP, INT, QUIT, USR1, USR2, TERM, TSTP or CONT."""

    signal: str = Field(pattern=r"^(HUP|INT|QUIT|USR1|USR2|TERM|TSTP|CONT)$")


class SizeIn(Schema):
    """The new size of the terminal."""

    rows: int = Field(ge=0, le=10_000)
    columns: int = Field(ge=0, le=10_000)


@router.post("/applications/{app}/releases/{int:number}/run")
@declared(RunCommand, application="app")
def run(request: HttpRequest, app: str, number: int, body: RunIn) -> StreamingHttpResponse:
    """Runs a command in a release's environment.

    Answers with NDJSON frames: {run}, the id by which it is told things, {out} and {err} in base64, {beat} now and
    then, {status} last; {error} where it could not be run. It is ended when the answer is no longer read.
    """
    action, who = RunCommand(AppName(app), number, tuple(body.argv)), actor(request)
    if not _streams.acquire(blocking=False):
        raise Conflict(f"{_MOST_AT_ONCE} commands run through this console already", "wait until one has ended")
    try:
        perform(action, who)
    except BaseException:
        _streams.release()
        raise
    terminal = Terminal(body.terminal.rows, body.terminal.columns, body.terminal.kind) if body.terminal else None
    frames = commands.run(app, number, list(body.argv), who.name, terminal)
    return StreamingHttpResponse(_Frames(action, who, frames), content_type="application/x-ndjson")


@router.post("/applications/{app}/runs/{run_id}/input", response=Given)
@declared(Permission.DEPLOY, application="app")
def feed(request: HttpRequest, app: str, run_id: str, begin: int = 0, *, end: bool = False) -> Given:
    """Gives a command bytes of its stdin, the body as it is, and ends it with `end`.

    They are numbered by `begin`, so a request that is sent twice gives nothing twice. The answer may say that fewer
    were given: then the command is slow to read.
    """
    if len(request.body) > _MOST_INPUT or begin < 0:
        raise InvalidInput(f"one request takes at most {_MOST_INPUT >> 20} MiB of stdin", "send it in pieces")
    told = commands.Told(begin=begin, data=request.body, end=end)
    return Given(given=commands.tell(run_id, app, actor(request).name, told))


@router.post("/applications/{app}/runs/{run_id}/signal", response=Given)
@declared(Permission.DEPLOY, application="app")
def signal(request: HttpRequest, app: str, run_id: str, body: SignalIn) -> Given:
    """Sends a command a signal."""
    return Given(given=commands.tell(run_id, app, actor(request).name, commands.Told(signal=body.signal)))


@router.post("/applications/{app}/runs/{run_id}/size", response=Given)
@declared(Permission.DEPLOY, application="app")
def size(request: HttpRequest, app: str, run_id: str, body: SizeIn) -> Given:
    """Tells a command's terminal its new size."""
    return Given(given=commands.tell(run_id, app, actor(request).name, commands.Told(size=(body.rows, body.columns))))


class _Frames:
    """Frames as they come, an error as one more. However reading ends, the command ends with it, and the outcome goes
    to the audit once."""

    def __init__(self, action: RunCommand, who: Actor, frames: Iterator[Mapping[str, Any]]) -> None:
        self._action, self._who, self._frames = action, who, frames
        self._begun, self._open = time.monotonic(), True
        self._status: int | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for frame in self._frames:
                if "status" in frame:
                    self._status = int(frame["status"])
                yield json.dumps(dict(frame)).encode() + b"\n"
        except LampasError as error:
            told = {"code": error.code, "message": error.message, "remedy": error.remedy}
            yield json.dumps({"error": told}).encode() + b"\n"
        finally:
            self.close()

    def close(self) -> None:
        """The answer is no longer read; Django calls it in the end, also where reading never began."""
        if not self._open:
            return
        self._open = False
        _streams.release()
        close = getattr(self._frames, "close", None)
        if close is not None:
            close()
        close_old_connections()  # after hours, the database may have hung up
        self._action.record_end(self._who, self._status, time.monotonic() - self._begun)
