"""Setup hooks of applications on their databases: how each stands, under a lock for each application.

The lock is MariaDB's own and belongs to a connection: whoever dies lets it go, so a row that says "running" while the
lock is free is of one that was interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from lampas.core.names import AppName
from lampas.core.release import setup
from lampas.errors import Conflict
from lampas.store.models import SetupRun

_PATIENCE = 10  # seconds that one waits for the lock


@dataclass(frozen=True)
class Work:
    """Setup hooks of one tree on one database (or on the persistent directory alone, "")."""

    app: AppName
    key: str
    database: str


def find(work: Work) -> SetupRun | None:
    """How they stand; None: they never ran."""
    row: SetupRun | None = SetupRun.objects.filter(application=work.app, key=work.key, database=work.database).first()
    return row


def write(work: Work, number: int, state: str, actor: str, log: str = "") -> None:
    """Writes down how they stand. One that begins or ends now has its time."""
    now = datetime.now(UTC)
    values = {"number": number, "state": state, "actor": actor, "log": log}
    values |= {"started": now, "ended": None} if state == setup.RUNNING else {"ended": now}
    SetupRun.objects.update_or_create(
        application=work.app,
        key=work.key,
        database=work.database,
        defaults=values,
        create_defaults={"started": now, **values},
    )


def forget(app: AppName) -> None:
    """The application's persistent data is gone, so its setup hooks have to run again."""
    SetupRun.objects.filter(application=app).delete()


@contextmanager
def lock(app: AppName) -> Iterator[None]:
    """Alone among all who set this application up.

    Raises:
        Conflict: Somebody does already.
    """
    if not _ask("SELECT GET_LOCK(%s, %s)", _name(app), _PATIENCE):
        raise Conflict(f"the setup hooks of {app} run already", "wait for their end: lampas operation list")
    try:
        yield
    finally:
        if connection.connection is not None:
            _ask("SELECT RELEASE_LOCK(%s)", _name(app))


def is_locked(app: AppName) -> bool:
    """Whether somebody sets this application up now."""
    return not _ask("SELECT IS_FREE_LOCK(%s)", _name(app))


def _name(app: AppName) -> str:
    """Locks are of the whole server: the database's name tells this console from another one on it."""
    return f"{connection.settings_dict['NAME']}.setup.{app}"[:64]


def _ask(statement: str, *values: str | int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return bool(row and row[0])
