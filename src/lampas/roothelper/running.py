"""Runs commands as an application's user: one in its live environment, or some in a sandbox, bounded and endable.

stdout and stderr are the helper's, and its exit status is theirs (128 + n where a signal ended one, 124 where the time
was up); the pipe to the helper is their leash (see `leash`).
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lampas.core.nodestate import Places, Sandbox
from lampas.roothelper import limits, typed
from lampas.roothelper.confinement import Confined, bubblewrap
from lampas.roothelper.leash import Leash

MOST_SECONDS = 6 * 3600.0


@dataclass(frozen=True)
class Command:
    """What is to run.

    Attributes:
        app: The application.
        number: The release.
        commands: Each a program and its arguments; one alone outside of a sandbox.
        env: Their environment, without PATH.
        root: Where module names start, under `code/`.
        sandbox: How they are confined; None: not at all.
        limited: Outside of a sandbox: whether the bounds of one hold all the same.
        persist: Persistent directories, for a sandbox's scratch ones.
        titles: In a sandbox: what is written ahead of each command; "": nothing.
        seconds: The bound in time of all.
    """

    app: str
    number: int
    commands: tuple[tuple[str, ...], ...]
    env: Mapping[str, str]
    root: str
    sandbox: Sandbox | None
    limited: bool
    persist: tuple[str, ...]
    titles: tuple[str, ...]
    seconds: float


def command(request: Mapping[str, Any]) -> Command:
    """Reads the request.

    Raises:
        Refused: A value is not what it should be.
    """
    sandbox = typed.sandbox(request)
    return Command(
        app=typed.app(request),
        number=typed.number(request, least=0 if sandbox else 1),
        commands=typed.commands(request) if sandbox else (tuple(typed.argv(request)),),
        env=typed.environment(request),
        root=typed.directories({"persist": [request["root"]]})[0] if request.get("root") else "",
        sandbox=sandbox,
        limited=request.get("limited") is True,
        persist=tuple(typed.directories(request)),
        titles=typed.titles(request) if sandbox else (),
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

    Raises:
        Refused: What a sandbox should show is not there.
    """
    places = Places(home)
    user = f"lampas-{wanted.app}" if as_root else ""
    path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    if wanted.sandbox is None or wanted.sandbox.tree != "none":
        path = f"{places.environment(wanted.app, wanted.number)}/bin:{path}"
    env = {"LANG": "C.UTF-8", **wanted.env, "PATH": path}
    env["LAMPAS_PROCESS"] = f"{home}:task-{wanted.app}-v{wanted.number}"
    bounds = limits.of(wanted.sandbox or Sandbox(), pwd.getpwnam(user).pw_uid if user else os.geteuid())
    if wanted.sandbox is None:
        cwd = places.code(wanted.app, wanted.number, wanted.root)
        process = _start(wanted.commands[0], env, cwd, user, bounds if wanted.limited else {})
    else:
        confined = Confined(home, wanted.app, wanted.number, wanted.root, wanted.persist, wanted.sandbox, user)
        argv = bubblewrap(confined, wanted.commands, wanted.titles, bounds)
        process = _start(argv, env, "/", "", {})
    return Leash(process, rest, wanted.seconds).hold()


def _start(
    argv: Sequence[str], env: Mapping[str, str], cwd: str, user: str, bounds: Mapping[int, int]
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
        preexec_fn=(lambda: limits.hold(bounds)) if bounds else None,  # noqa: PLW1509 - this program has one thread
    )
