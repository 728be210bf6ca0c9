"""Runs one command as an application's user, in its live environment or in a sandbox, bounded and endable.

The caller may not signal what runs as somebody else, so the pipe to the helper is the leash: the rest of stdin is JSON
lines `{"in": BASE64}` and `{"eof": true}` for the command's own stdin; when the pipe closes, the command is ended.
Its stdout and stderr are the helper's, its exit status is the helper's (128 + n where a signal ended it).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pwd
import resource
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lampas.core.nodestate import Places
from lampas.roothelper import typed

MOST_SECONDS = 6 * 3600.0
OUT_OF_TIME = 124
_GRACE = 3.0  # seconds between TERM and KILL
_MEMORY = 4 << 30  # bytes of address space where it is limited
_PROCESSES = 512
_FILE = 1 << 30  # bytes that one file may grow to where it is limited
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "passwd", "group", "nsswitch.conf", "localtime", "ssl", "hosts",
        "mime.types", "alternatives", "protocols", "services")  # fmt: skip


@dataclass(frozen=True)
class Command:
    """What is to run: `sandbox` without network, on scratch directories; `limited` in memory, processes, files."""

    app: str
    number: int
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    sandbox: bool
    limited: bool
    persist: tuple[str, ...]
    seconds: float


def command(request: Mapping[str, Any]) -> Command:
    """Reads the request.

    Raises:
        Refused: A value is not what it should be.
    """
    app, number = typed.app(request), typed.number(request)
    root = typed.directories({"persist": [request["root"]]})[0] if request.get("root") else ""
    return Command(
        app=app,
        number=number,
        argv=tuple(typed.argv(request)),
        env=typed.environment(request),
        cwd=root,
        sandbox=request.get("sandbox") is True,
        limited=request.get("limited") is True,
        persist=tuple(typed.directories(request)),
        seconds=typed.seconds(request, MOST_SECONDS),
    )


def run(home: str, wanted: Command, rest: bytes, *, as_root: bool) -> int:
    """Runs it to its end.

    Args:
        home: LAMPAS's home.
        wanted: What is to run.
        rest: What of the leash was read already.
        as_root: Whether it runs as the application's own user.

    Returns:
        Its exit status; 124 where its time was up.
    """
    places = Places(home)
    user = f"lampas-{wanted.app}" if as_root else ""
    cwd = places.code(wanted.app, wanted.number, wanted.cwd)
    path = f"{places.environment(wanted.app, wanted.number)}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    env = {"LANG": "C.UTF-8", **wanted.env, "PATH": path}
    env["LAMPAS_PROCESS"] = f"{home}:task-{wanted.app}-v{wanted.number}"
    argv = list(wanted.argv)
    if wanted.sandbox:
        argv = bubblewrap(places, wanted, argv, cwd, user)
    process = _start(argv, env, "/" if wanted.sandbox else cwd, "" if wanted.sandbox else user, limited=wanted.limited)
    return _Leash(process, rest, wanted.seconds).hold()


def bubblewrap(places: Places, wanted: Command, argv: Sequence[str], cwd: str, user: str) -> list[str]:
    """The command line that confines: no network, the release and the system to read, scratch directories to write.

    As root the namespaces are made by root and the command gives its rights up inside; otherwise by a user namespace.
    """
    release, data = places.release(wanted.app, wanted.number), places.data(wanted.app)
    words = ["bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    words += ["--new-session", "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for name in ("bin", "sbin", "lib", "lib64", "lib32"):
        link = Path("/") / name
        if link.is_symlink():
            words += ["--symlink", str(link.readlink()), f"/{name}"]
        elif link.is_dir():
            words += ["--ro-bind", f"/{name}", f"/{name}"]
    words += ["--perms", "0755", "--dir", "/etc"]
    for name in _ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    words += ["--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108 - the sandbox's own
    for parent in dict.fromkeys(str(each) for path in (release, data) for each in reversed(Path(path).parents)):
        if parent not in ("/", "/tmp"):  # noqa: S108
            words += ["--perms", "0755", "--dir", parent]  # those that bwrap makes by itself are root's alone
    words += ["--ro-bind", release, release, "--perms", "1777", "--tmpfs", data]
    for each in wanted.persist:
        words += ["--perms", "1777", "--dir", f"{data}/{each}"]
    words += ["--chdir", cwd]
    if user:
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
        drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"]
        return [*words, "--", *drop, "--inh-caps=-all", "--bounding-set=-all", "--", *argv]
    return [*words, "--", *argv]


def _start(
    argv: Sequence[str], env: Mapping[str, str], cwd: str, user: str, *, limited: bool
) -> subprocess.Popen[bytes]:
    entry = pwd.getpwnam(user) if user else None
    return subprocess.Popen(
        list(argv),
        stdin=subprocess.PIPE,
        cwd=cwd,
        env=dict(env),
        start_new_session=True,
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
        umask=0o027,
        preexec_fn=_limit if limited else None,  # noqa: PLW1509 - this program has one thread
    )


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_NPROC, _PROCESSES),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


class _Leash:
    """Feeds the command's stdin from the pipe, and ends it when the pipe closes or its time is up."""

    def __init__(self, process: subprocess.Popen[bytes], rest: bytes, seconds: float) -> None:
        self._process, self._buffer = process, rest
        self._deadline = time.monotonic() + seconds
        self._ended = os.pidfd_open(process.pid)

    def hold(self) -> int:
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
