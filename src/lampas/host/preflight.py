"""What `up` looks at before it changes anything; each function refuses, or does nothing."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from lampas.errors import Conflict, Denied, InvalidInput
from lampas.host import orphans, ports
from lampas.host.layout import LONGEST_HOME, Layout
from lampas.host.settings import NONE, USERS, Settings

_PLAIN = re.compile(r"/[A-Za-z0-9._+/-]+")  # a home's path stands in the configuration files of five programs
_ROOM = 1 << 30
PROGRAMS = {
    "database": ("/usr/sbin/mariadbd", "/usr/bin/mariadb-install-db"),
    "appserver": ("/usr/sbin/apache2", "/usr/lib/apache2/modules/mod_wsgi.so", "/usr/bin/bwrap"),
    "console": ("/usr/bin/git",),
}


def home(layout: Layout) -> None:
    """Refuses a directory that cannot be a home.

    Raises:
        InvalidInput: Its path cannot be used.
        Conflict: Something else is there.
        Denied: LAMPAS's users could not reach it.
    """
    path = layout.home
    if not _PLAIN.fullmatch(str(path)) or ".." in path.parts:
        raise InvalidInput(f"{path} cannot be a home", "use an absolute path of letters, digits and . _ + - /")
    if len(str(path)) > LONGEST_HOME:
        raise InvalidInput(f"{path} is too long for a home", f"use one of at most {LONGEST_HOME} characters")
    if path.exists() and not layout.settings.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Conflict(f"{path} is not a LAMPAS home, and not empty", "choose another directory with --home")
    if os.geteuid() == 0:
        reachable(path.parent, "the home")
    there = next(parent for parent in [path, *path.parents] if parent.exists())
    if not layout.settings.exists() and shutil.disk_usage(there).free < _ROOM:
        raise Conflict(f"there is less than 1 GiB free at {there}", "make room, or choose another --home")


def reachable(path: Path, what: str) -> None:
    """Refuses a directory that the Unix users of LAMPAS's processes cannot reach.

    Raises:
        Denied: They cannot.
    """
    for directory in [path, *path.parents]:
        if directory.exists() and not directory.stat().st_mode & 0o001:
            raise Denied(
                f"{directory} is closed to the Unix users of LAMPAS's processes, and {what} is in it",
                "choose another place, or open it with chmod o+x",
            )


def installed() -> None:
    """Refuses a machine that lacks a program.

    Raises:
        Conflict: One is missing.
    """
    missing = [path for paths in PROGRAMS.values() for path in paths if not Path(path).exists()]
    if missing:
        raise Conflict(f"not installed: {', '.join(missing)}", "run ./lampas up from a checkout, which installs them")


def isolation(existing: Settings | None, user: str) -> str:
    """Which isolation a node has that this user sets up or starts.

    Args:
        existing: The node's settings; None: it is new.
        user: Who runs this.

    Raises:
        Denied: The node belongs to somebody else.
    """
    if existing is None:
        return USERS if user == "root" else NONE
    if existing.owner != user:
        raise Denied(f"this node belongs to the user {existing.owner}", f"run this as {existing.owner}")
    return existing.isolation


def listen(layout: Layout, settings: Settings) -> None:
    """Refuses ports that another program has.

    Raises:
        PortTaken: One is taken.
    """
    for port, option in ((settings.port, "--port"), (settings.console_port, "--console-port")):
        if not available(layout, settings.bind, port):
            raise ports.PortTaken(port, option)


def available(layout: Layout, address: str, port: int) -> bool:
    """Whether a port is free, or this home's own processes have it."""
    if ports.is_free(address, port):
        return True
    holders = ports.holders(port)
    return bool(holders) and set(holders) <= set(orphans.find(layout.home))
