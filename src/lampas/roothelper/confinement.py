"""The sandbox of an application's code, as a command line of bubblewrap.

Nothing is seen in it but the system, one release, one persistent directory and what was sent for it; nothing of it can
be written to but scratch places of a bounded size, and the persistent directory where that is the live one. There is no
network: one door at most leads out, to MariaDB's socket, and `inside.py` makes a port of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lampas.core.nodestate import Places, Sandbox
from lampas.roothelper.typed import Refused

INSIDE = "/run/lampas"
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "passwd", "group", "nsswitch.conf", "localtime", "ssl", "hosts",
        "mime.types", "alternatives", "protocols", "services", "fonts")  # fmt: skip
_COPIES = ("watched", "copy")
_SHARED_MEMORY = 64 << 20  # bytes of /dev/shm


@dataclass(frozen=True)
class Confined:
    """What is confined, and where.

    Attributes:
        home: LAMPAS's home.
        app: The application.
        number: The release's number; 0 is a tree that has none yet.
        root: Where module names start, under `code/`.
        persist: Persistent directories.
        sandbox: What it may see and how much it may take.
        user: The Unix user that runs; "" where it is this one.
    """

    home: str
    app: str
    number: int
    root: str
    persist: tuple[str, ...]
    sandbox: Sandbox
    user: str = ""

    @property
    def release(self) -> str:
        """The release's tree."""
        return Places(self.home).release(self.app, self.number)

    @property
    def data(self) -> str:
        """The application's persistent directory."""
        return Places(self.home).data(self.app)

    @property
    def socket(self) -> str:
        """MariaDB's."""
        return f"{self.home}/run/database/mariadb.sock"

    @property
    def cwd(self) -> str:
        """Where its commands start."""
        return Places(self.home).code(self.app, self.number, self.root) if self.sandbox.tree != "none" else "/tmp"  # noqa: S108 - its own


def bubblewrap(
    wanted: Confined, commands: Sequence[Sequence[str]], titles: Sequence[str], limits: Mapping[int, int]
) -> list[str]:
    """The command line.

    As root the namespaces are made by root and the commands give its rights up inside; otherwise by a user namespace.

    Args:
        wanted: What is confined.
        commands: What runs in it, one after the other, until one fails.
        titles: What is written ahead of each; "": nothing.
        limits: RLIMIT number → bound, for each command.

    Raises:
        Refused: What is to be seen in it is not there, or is a link to somewhere else.
    """
    words = ["bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    words += ["--new-session", *_system(), *_scratch("/tmp", wanted.sandbox.disk)]  # noqa: S108 - the sandbox's own
    words += ["--perms", "0755", "--dir", "/run", "--perms", "0755", "--dir", INSIDE]
    program = str(Path(__file__).resolve().with_name("inside.py"))
    words += ["--ro-bind", program, f"{INSIDE}/inside.py"]
    words += [*_parents(wanted.release, wanted.data), *_tree(wanted), *_data(wanted), *_inputs(wanted)]
    if wanted.sandbox.database:
        if not Path(wanted.socket).is_socket():
            raise Refused(f"there is no database on this node: {wanted.socket} is missing")
        words += ["--bind", wanted.socket, f"{INSIDE}/database.sock"]
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    text = json.dumps(_told(wanted, commands, titles, limits))
    inside = ["/usr/bin/python3", "-I", "-S", "-B", f"{INSIDE}/inside.py", text]
    if wanted.user:
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
        drop = ["setpriv", f"--reuid={wanted.user}", f"--regid={wanted.user}", "--clear-groups", "--no-new-privs"]
        return [*words, "--", *drop, "--inh-caps=-all", "--bounding-set=-all", "--", *inside]
    return [*words, "--", *inside]


def _told(
    wanted: Confined, commands: Sequence[Sequence[str]], titles: Sequence[str], limits: Mapping[int, int]
) -> dict[str, Any]:
    """What `inside.py` is told; see there."""
    code, sandbox = f"{wanted.release}/code", wanted.sandbox
    copied = sandbox.tree in _COPIES
    return {
        "commands": [list(command) for command in commands],
        "cwd": wanted.cwd,
        "limits": {str(what): most for what, most in limits.items()},
        "titles": list(titles),
        "copy": [f"{INSIDE}/code", code] if copied else [],
        "watched": sandbox.tree == "watched",
        "collect": (code if sandbox.tree == "copy" else "/output") if sandbox.output else "",
        "seed": [f"{INSIDE}/seed.tar", wanted.data] if sandbox.seed else [],
        "pack": wanted.data if sandbox.pack else "",
        "port": sandbox.database,
    }


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev")
    yield from _scratch("/dev/shm", _SHARED_MEMORY)  # noqa: S108 - the sandbox's own
    for name in ("bin", "sbin", "lib", "lib64", "lib32"):
        link = Path("/") / name
        if link.is_symlink():
            yield from ("--symlink", str(link.readlink()), f"/{name}")
        elif link.is_dir():
            yield from ("--ro-bind", f"/{name}", f"/{name}")
    yield from ("--perms", "0755", "--dir", "/etc")
    for name in _ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")


def _tree(wanted: Confined) -> Iterator[str]:
    if wanted.sandbox.tree == "none":
        return
    release = _own(wanted.home, wanted.release)
    if wanted.sandbox.tree not in _COPIES:
        yield from ("--ro-bind", release, release)
        return
    yield from ("--ro-bind", f"{release}/code", f"{INSIDE}/code")
    yield from _scratch(release, wanted.sandbox.disk)
    yield from ("--ro-bind", f"{release}/env", f"{release}/env")


def _data(wanted: Confined) -> Iterator[str]:
    if wanted.sandbox.data == "live":
        yield from ("--bind", _own(wanted.home, wanted.data), wanted.data)
        return
    yield from _scratch(wanted.data, wanted.sandbox.disk)
    if wanted.sandbox.seed:
        yield from ("--ro-bind", _content(wanted.home, wanted.sandbox.seed), f"{INSIDE}/seed.tar")
        return
    folders = [wanted.data + "/" + folder for folder in wanted.persist]
    ancestors = [each for folder in folders for each in (*_above(folder), folder) if each.startswith(f"{wanted.data}/")]
    for each in dict.fromkeys(ancestors):
        yield from ("--perms", "1777", "--dir", each)


def _inputs(wanted: Confined) -> Iterator[str]:
    if wanted.sandbox.inputs:
        yield from ("--perms", "0755", "--dir", "/inputs")
    for name, sha256 in sorted(wanted.sandbox.inputs.items()):
        yield from ("--ro-bind", _content(wanted.home, sha256), f"/inputs/{name}")
    if wanted.sandbox.output and wanted.sandbox.tree not in _COPIES:
        yield from _scratch("/output", wanted.sandbox.disk)


def _scratch(place: str, size: int) -> tuple[str, ...]:
    return ("--perms", "1777", "--size", str(size), "--tmpfs", place)


def _parents(*places: str) -> Iterator[str]:
    """Those that bwrap makes by itself are root's alone."""
    for parent in dict.fromkeys(each for place in places for each in _above(place)):
        if parent != "/tmp":  # noqa: S108 - it is there
            yield from ("--perms", "0755", "--dir", parent)


def _above(place: str) -> list[str]:
    return [str(each) for each in reversed(Path(place).parents) if str(each) != "/"]


def _content(home: str, sha256: str) -> str:
    return _own(home, f"{home}/agent/store/{sha256[:2]}/{sha256[2:]}")


def _own(home: str, path: str) -> str:
    """The path, if it is there and what it says: the agent's user may write above some, and root follows no link."""
    inside = path.removeprefix(home)
    if os.path.realpath(path) != os.path.realpath(home) + inside:
        raise Refused(f"{path} leads somewhere else")
    if not Path(path).exists():
        raise Refused(f"{path} is missing")
    return path
