"""Keeps one command that somebody runs in a release: as the application's user, with a terminal or without.

The caller may not signal what runs as somebody else, so the pipe to the helper is the leash: the rest of stdin is JSON
lines {"in": BASE64}, {"eof": true}, {"signal": NAME}, {"size": [ROWS, COLUMNS]}; when the pipe closes, the command and
everything that it started is ended. What comes back on stdout are frames, a letter and a length before each:

    b begun    o stdout    e stderr    c bytes of stdin that the command took, in ASCII    x exit status, in ASCII

A caller sends no more stdin than `ROOM` ahead of what was taken, so a signal never waits behind it.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import fcntl
import json
import os
import pwd
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lampas.core.nodestate import SIGNALS, Places, Terminal
from lampas.roothelper import typed

MOST_SECONDS = 24 * 3600.0
OUT_OF_TIME = 124
ROOM = 1 << 19  # bytes of stdin that may be on their way
HEAD = struct.Struct(">cI")
_CHUNK = 1 << 16
_END_KEY = b"\x04"
_GRACE = 3.0  # seconds between being told to end and being killed
_SWEEP = 10.0  # seconds that the kernel may need to end what was killed
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


@dataclass(frozen=True)
class Command:
    """What is to run; `nonce` names it among all that run."""

    app: str
    number: int
    nonce: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    root: str
    seconds: float
    terminal: Terminal | None


def command(request: Mapping[str, Any]) -> Command:
    """Reads the request.

    Raises:
        Refused: A value is not what it should be.
    """
    root = typed.directories({"persist": [request["root"]]})[0] if request.get("root") else ""
    return Command(
        app=typed.app(request),
        number=typed.number(request),
        nonce=typed.nonce(request),
        argv=tuple(typed.argv(request)),
        env=typed.environment(request),
        root=root,
        seconds=typed.seconds(request, MOST_SECONDS),
        terminal=typed.terminal(request),
    )


def run(home: str, request: Mapping[str, Any], rest: bytes, *, as_root: bool) -> int:
    """Runs a command to its end.

    Args:
        home: LAMPAS's home.
        request: What is to run.
        rest: What of the leash was read already.
        as_root: Whether it runs as the application's own user.

    Returns:
        0: how the command ended is told in the last frame.
    """
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)  # what it leaves behind becomes this program's child
    try:
        wanted = command(request)
        started = _start(home, wanted, f"lampas-{wanted.app}" if as_root else "")
    except FileNotFoundError as error:
        return _not_run(f"{error.filename}: not found", 127)
    except (typed.Refused, OSError, ValueError, KeyError) as error:
        return _not_run(f"lampas: the command could not be run: {error}", 126)
    _Keeper(started, rest, wanted.seconds).keep()
    return 0


def _not_run(why: str, status: int) -> int:
    """The exit statuses of what could not run are a shell's."""
    for letter, data in ((b"b", b""), (b"e", f"{why}\n".encode()), (b"x", str(status).encode())):
        os.write(1, HEAD.pack(letter, len(data)) + data)
    return 0


@dataclass
class _Started:
    """A command, this end of its stdin (-1 once it is closed), of what it writes, and of its terminal (-1: none)."""

    process: subprocess.Popen[bytes]
    stdin: int
    outputs: dict[int, bytes]
    terminal: int = -1


def _start(home: str, wanted: Command, user: str) -> _Started:
    places = Places(home)
    path = f"{places.environment(wanted.app, wanted.number)}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    env = {"LANG": "C.UTF-8", **wanted.env, "PATH": path}
    env["LAMPAS_PROCESS"] = f"{home}:run-{wanted.app}-v{wanted.number}-{wanted.nonce}"
    entry = pwd.getpwnam(user) if user else None
    options: dict[str, Any] = {
        "cwd": places.code(wanted.app, wanted.number, wanted.root),
        "start_new_session": True,
        "user": entry.pw_uid if entry else None,
        "group": entry.pw_gid if entry else None,
        "extra_groups": [] if entry else None,
        "umask": 0o027,
    }
    if wanted.terminal is None:
        pipe = subprocess.PIPE
        process = subprocess.Popen(list(wanted.argv), env=env, stdin=pipe, stdout=pipe, stderr=pipe, **options)
        ends = [os.dup(each.fileno()) for each in (process.stdin, process.stdout, process.stderr) if each]
        for each in (process.stdin, process.stdout, process.stderr):
            if each:
                each.close()
        os.set_blocking(ends[0], False)
        return _Started(process, ends[0], {ends[1]: b"o", ends[2]: b"e"})
    env = {"TERM": wanted.terminal.kind, "SHELL": "/bin/sh", **env}
    here, there = os.openpty()
    try:
        resize(here, wanted.terminal.rows, wanted.terminal.columns)
        if entry:
            os.fchown(there, entry.pw_uid, -1)
        process = subprocess.Popen(
            list(wanted.argv),
            env=env,
            stdin=there,
            stdout=there,
            stderr=there,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - this program has one thread
            **options,
        )
    finally:
        os.close(there)
    os.set_blocking(here, False)
    return _Started(process, here, {here: b"o"}, here)


def resize(terminal: int, rows: int, columns: int) -> None:
    """Gives a terminal a size; what runs in it is told by SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class _Keeper:
    """Moves bytes between the leash and the command until it has ended. Nothing here waits but `poll`."""

    def __init__(self, started: _Started, rest: bytes, seconds: float) -> None:
        self._started, self._line = started, rest
        self._deadline = time.monotonic() + seconds
        self._ended = os.pidfd_open(started.process.pid)
        self._input = b""  # for the command, not yet taken
        self._closing = False  # its stdin ends after that
        self._output = bytearray(HEAD.pack(b"b", 0))  # for the caller, not yet taken
        os.set_blocking(1, False)

    def keep(self) -> None:
        """Until the command and all that it started have ended and everything they wrote was told."""
        held, in_time = self._read_lines(), True
        while held and in_time:
            ready = self._poll()
            if self._ended in ready:
                break
            held, in_time = self._move(ready), time.monotonic() < self._deadline
            _reap(but=self._started.process.pid)
        else:
            self._tell_to_end()
        ended = _bury(self._started.process)
        status = ended if ended >= 0 else 128 - ended
        self._finish(status if in_time else OUT_OF_TIME)

    def _poll(self) -> dict[int, int]:
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        poll.register(0, select.POLLIN)
        wanted: dict[int, int] = {}
        if len(self._output) < _CHUNK:
            wanted = dict.fromkeys(self._started.outputs, select.POLLIN)
        if self._input and self._started.stdin >= 0:
            wanted[self._started.stdin] = wanted.get(self._started.stdin, 0) | select.POLLOUT
        if self._output:
            wanted[1] = select.POLLOUT
        for handle, events in wanted.items():
            poll.register(handle, events)
        left = max(0.0, self._deadline - time.monotonic())
        return dict(poll.poll(min(left, 60.0) * 1000))

    def _move(self, ready: Mapping[int, int]) -> bool:
        """Moves what can be moved; False once the leash was let go."""
        if 0 in ready:
            data = os.read(0, _CHUNK)
            self._line += data
            if not data or not self._read_lines():
                return False
        if self._input and self._started.stdin in ready:
            self._feed()
        for handle in [each for each in self._started.outputs if each in ready]:
            self._take(handle)
        return 1 not in ready or self._give()

    def _read_lines(self) -> bool:
        """Does what the caller said; False where that cannot be understood."""
        *lines, self._line = self._line.split(b"\n")
        try:
            for line in lines:
                self._obey(json.loads(line))
        except (ValueError, TypeError, KeyError):
            return False
        self._feed()
        return True

    def _obey(self, said: Mapping[str, Any]) -> None:
        if "in" in said:
            self._input += base64.b64decode(said["in"])
        if said.get("eof"):
            self._closing = True
        if "size" in said and self._started.terminal >= 0:
            rows, columns = said["size"]
            resize(self._started.terminal, int(rows), int(columns))
        if said.get("signal") in SIGNALS:
            self._signal(str(said["signal"]))

    def _signal(self, name: str) -> None:
        """To what is in the foreground of the terminal, else to the command and what it started in its group.

        Nobody above a command without a terminal could let it go on after TSTP, so the kernel ignores that: STOP it is.
        """
        group = self._started.process.pid
        if self._started.terminal >= 0:
            with contextlib.suppress(OSError):
                group = os.tcgetpgrp(self._started.terminal) or group
        elif name == "TSTP":
            name = "STOP"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, getattr(signal, f"SIG{name}"))

    def _feed(self) -> None:
        taken = 0
        while self._input and self._started.stdin >= 0:
            try:
                count = os.write(self._started.stdin, self._input[:_CHUNK])
            except BlockingIOError:
                break
            except OSError:  # nobody reads it any more
                self._close_stdin()
                break
            self._input, taken = self._input[count:], taken + count
        if self._started.stdin < 0:  # what is given now is thrown away
            self._input, taken = b"", taken + len(self._input)
        if taken:
            self._tell(b"c", str(taken).encode())
        if self._closing and not self._input:
            self._end_stdin()

    def _end_stdin(self) -> None:
        """Ends the command's stdin. A terminal has no such end but the key that is typed for it."""
        self._closing = False
        if self._started.terminal >= 0:
            self._input = _END_KEY
        elif self._started.stdin >= 0:
            self._close_stdin()

    def _close_stdin(self) -> None:
        if self._started.terminal < 0:
            os.close(self._started.stdin)
        self._started.stdin = -1

    def _take(self, handle: int) -> None:
        try:
            data = os.read(handle, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # a terminal whose last user has gone
            data = b""
        if data:
            self._tell(self._started.outputs[handle], data)
        else:
            del self._started.outputs[handle]
            if handle != self._started.terminal:
                os.close(handle)

    def _tell(self, letter: bytes, data: bytes) -> None:
        self._output += HEAD.pack(letter, len(data)) + data

    def _give(self) -> bool:
        """Gives the caller what it takes; False where it is not there any more."""
        try:
            del self._output[: os.write(1, self._output[:_CHUNK])]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def _tell_to_end(self) -> None:
        if self._started.terminal >= 0:
            os.close(self._started.terminal)  # the kernel hangs up on all that stand in its foreground
            self._started.outputs, self._started.stdin, self._started.terminal = {}, -1, -1
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._started.process.pid, signal.SIGTERM)
            os.killpg(self._started.process.pid, signal.SIGCONT)
        poll = select.poll()
        poll.register(self._ended, select.POLLIN)
        poll.poll(_GRACE * 1000)

    def _finish(self, status: int) -> None:
        """Tells what was still on its way; all who could write more have ended."""
        deadline = time.monotonic() + 60.0
        while self._started.outputs and time.monotonic() < deadline:
            for handle in list(self._started.outputs):
                if len(self._output) < _CHUNK:
                    before = len(self._output)
                    self._take(handle)
                    if handle in self._started.outputs and len(self._output) == before:
                        del self._started.outputs[handle]  # nobody holds its other end whom this program could end
            if not self._flush(deadline, down_to=_CHUNK - 1):
                return
        self._tell(b"x", str(status).encode())
        self._flush(deadline, down_to=0)

    def _flush(self, deadline: float, down_to: int) -> bool:
        poll = select.poll()
        poll.register(1, select.POLLOUT)
        while len(self._output) > down_to:
            if time.monotonic() > deadline or not poll.poll(1000) or not self._give():
                return False
        return True


def _reap(but: int) -> None:
    """Buries what the command's children left to this program."""
    with contextlib.suppress(ChildProcessError):
        while (dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and dead.si_pid != but:
            os.waitpid(dead.si_pid, os.WNOHANG)


def _bury(process: subprocess.Popen[bytes]) -> int:
    """Ends what is left of a command: nothing that it started outlives it. Returns how it ended itself."""
    if not _dead(process.pid):
        process.kill()
    status = process.wait()
    deadline = time.monotonic() + _SWEEP
    while (left := _children()) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _reap(but=0)
        time.sleep(0.005)
    return status


def _children() -> list[int]:
    """This program's children: those that it did not start were left to it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1]) == os.getpid():
                    found.append(int(entry.name))
    return found


def _dead(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    return True
