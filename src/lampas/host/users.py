"""Unix users: who runs what. Each process has one of its own, with no more than it needs."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lampas import process
from lampas.host.settings import USERS

COMMENT = "LAMPAS"


@dataclass(frozen=True)
class Accounts:
    """The Unix users of a node's processes; without isolation all the same."""

    agent: str
    console: str
    database: str
    front: str

    @property
    def all(self) -> tuple[str, ...]:
        """Their names."""
        return (self.agent, self.console, self.database, self.front)


ISOLATED = Accounts(agent="lampas", console="lampas-console", database="lampas-db", front="lampas-front")


def accounts(isolation: str, owner: str) -> Accounts:
    """Who runs what."""
    return ISOLATED if isolation == USERS else Accounts(owner, owner, owner, owner)


def current() -> str:
    """The name of the user that runs this."""
    return pwd.getpwuid(os.geteuid()).pw_name


def exists(name: str) -> bool:
    """Whether there is a Unix user of this name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def ensure(names: Sequence[str]) -> tuple[str, ...]:
    """Makes those Unix users that do not exist: system users without a home, a shell or a password.

    Returns:
        The names of those that were made.
    """
    made = []
    for name in names:
        if not exists(name):
            words = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
            process.check([*words, "--shell", "/usr/sbin/nologin", "--comment", COMMENT, "--", name])
            made.append(name)
    return tuple(made)


def made_by_lampas() -> tuple[str, ...]:
    """The Unix users that LAMPAS made on this machine, those of applications too, told by their comment."""
    return tuple(
        entry.pw_name for entry in pwd.getpwall() if entry.pw_gecos == COMMENT and entry.pw_name.startswith("lampas")
    )


def remove(names: Sequence[str]) -> None:
    """Removes Unix users that nothing runs as any more; one that is gone already is no error."""
    for name in names:
        if exists(name):
            process.run(["userdel", "--", name])


def as_user(name: str, argv: Sequence[str | Path]) -> list[str | Path]:
    """The command line that runs `argv` as that user; as it is, where that is the user already."""
    if os.geteuid() != 0 or name == "root":
        return list(argv)
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--", *argv]


def own(path: Path, user: str, mode: int, group: str | None = None) -> None:
    """Gives a file or directory to a user (and its own group, or another), with exactly that mode."""
    if os.geteuid() == 0:
        os.chown(path, pwd.getpwnam(user).pw_uid, grp.getgrnam(group or _group_of(user)).gr_gid)
    path.chmod(mode)


def directory(path: Path, user: str, mode: int, group: str | None = None) -> Path:
    """Makes a directory if need be, and gives it to a user."""
    path.mkdir(parents=True, exist_ok=True)
    own(path, user, mode, group)
    return path


def _group_of(user: str) -> str:
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
