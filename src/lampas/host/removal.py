"""`lampas down` and `lampas destroy`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lampas.core.nodestate.places import volatile
from lampas.errors import Conflict, Denied
from lampas.host import boot, keeping, settings, sudoers, users
from lampas.host.layout import Layout
from lampas.host.settings import USERS, Settings
from lampas.host.turns import path as lock_file
from lampas.host.turns import turn


def owned(layout: Layout) -> Settings:
    """The settings of a node that the current user may stop.

    Raises:
        NotFound: There is no node.
        Denied: It belongs to somebody else.
    """
    found = settings.read(layout.settings)
    if found.owner != users.current():
        raise Denied(f"this node belongs to the user {found.owner}", f"run this as {found.owner}")
    return found


def down(home: Path) -> None:
    """Stops everything, release units too. What stood in memory alone is gone with it; the agent writes it again.

    Raises:
        LampasError: There is no node, or it could not be stopped.
    """
    layout = Layout(home)
    found = owned(layout)
    with turn(home):
        keeping.stop(layout, found)
        _forget(found, home)


def destroy(home: Path, *, confirmed: bool) -> None:
    """Stops everything and removes the home and what belongs to it outside: Unix users, sudo's rule, systemd's unit.

    Raises:
        Conflict: It was not confirmed.
        LampasError: There is no node, or it could not be stopped.
    """
    layout = Layout(home)
    found = owned(layout)
    if not confirmed:
        raise Conflict(f"this removes {home} with all code, releases and data in it", "if you mean it: --yes")
    with turn(home):
        keeping.stop(layout, found)
        _forget(found, home)
        boot.remove(home)
        sudoers.remove(home)
        _remove(home)
        if found.isolation == USERS and sudoers.homes() == 0:  # homes on one machine share LAMPAS's Unix users
            users.remove(users.made_by_lampas())
    lock_file(home).unlink(missing_ok=True)


def _forget(found: Settings, home: Path) -> None:
    """Removes the environments of units from memory."""
    shm = Path("/dev/shm").is_dir()  # noqa: S108 - as the root helper asks
    shutil.rmtree(volatile(str(home), users=found.isolation == USERS, shm=shm), ignore_errors=True)


def _remove(home: Path) -> None:
    """Removes the home. Release trees are read-only, which holds back all but root until they are made writable."""
    for base, _, _ in os.walk(home):
        if not os.access(base, os.W_OK | os.X_OK):
            Path(base).chmod(0o700)
    shutil.rmtree(home)
