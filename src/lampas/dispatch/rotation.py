"""A new password for an application's database, without a failed request.

MariaDB lets two passwords open one account. So the new one is added, every unit is renewed by one that was told it, and
when the last of the old ones has ended, the old password does. What was done stands in the row; whoever dies in between
leaves an operation that goes on from there.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from lampas.core.names import AppName
from lampas.dispatch import databases, nodes, serving, wanted
from lampas.errors import Conflict, Failed
from lampas.store import queue
from lampas.store.models import AppDatabase, Operation

_ENDING = 90.0  # seconds that the last request of an old unit may take
_PAUSE = 0.1


def rotate(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Carries a change of password out, or on from where another one was left.

    Raises:
        NotFound: There is no database.
        Conflict: MariaDB does not have it any more.
        Failed: A unit does not start with the new password, or an old one does not end; both passwords open then.
    """
    begun = time.monotonic()
    row = databases.find(AppName(operation.application))
    _add(row, steps)
    done = serving.refresh(row.application, steps)
    if done.failed:
        number, message = next(iter(done.failed.items()))
        raise Failed(
            f"release {number} of {row.application} does not start with the new password: {message}",
            f"both passwords open; retire it: lampas retire {row.application} {number}, then: lampas db rotate",
        )
    _wait(row.application, steps)
    step = steps.begin("database", "the old password ends")
    _admit(row, row.password)
    AppDatabase.objects.filter(pk=row.pk).update(leaving=b"", rotated=datetime.now(UTC))
    steps.end(step)
    return {"name": row.name, "seconds": round(time.monotonic() - begun, 3)}


def _add(row: AppDatabase, steps: queue.Steps) -> None:
    """Has a new password open the account beside the old one; then it is what units are told."""
    if row.leaving:
        _admit(row, row.password, row.leaving)
        return
    if not row.following:
        row.following = databases.seal(row.name, databases.password())
        row.save(update_fields=["following"])
    step = steps.begin("database", f"a new password opens {row.name} too")
    _admit(row, row.password, row.following)
    row.password, row.leaving, row.following = row.following, row.password, b""
    row.save(update_fields=["password", "leaving", "following"])
    steps.end(step)


def _admit(row: AppDatabase, *passwords: bytes | memoryview) -> None:
    if databases.admit(row, passwords) != "made":
        raise Conflict(
            f"the database {row.name} of {row.application} is gone from MariaDB",
            f"restore a backup, or begin with an empty one: lampas db drop {row.application}",
        )


def _wait(app: str, steps: queue.Steps) -> None:
    """Waits until no unit runs but those that were told the new password."""
    step, deadline = steps.begin("units", "waiting for those with the old password to end"), time.monotonic() + _ENDING
    while _old(app):
        if time.monotonic() > deadline:
            raise Failed(
                f"a unit of {app} with the old password does not end; both passwords open until it has",
                f"see: lampas running --app {app}; then go on: lampas db rotate {app}",
            )
        time.sleep(_PAUSE)
    steps.end(step)


def _old(app: str) -> bool:
    found = wanted.everything().get(app)
    ports = set(found.slots.values()) if found else set()
    return any(
        unit["app"] == app and unit["pids"] and unit["port"] not in ports
        for node in nodes.with_role("appserver")
        for unit in nodes.connect(node).status()["units"]
    )
