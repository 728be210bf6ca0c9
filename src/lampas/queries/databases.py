"""Which databases do applications have, how large are they, and who has an account to one now?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lampas.core.names import AppName
from lampas.dispatch import databases
from lampas.store.models import AppDatabase, DatabaseAccount


@dataclass(frozen=True)
class AccountRow:
    """An account that a person has now."""

    account: str
    person: str
    read_only: bool
    created: datetime
    expires: datetime


@dataclass(frozen=True)
class DatabaseRow:
    """A database of an application.

    `state` making, ready, rotating (two passwords open it), or kept (its application was deleted). What its node
    tells, None while it does not answer: `bytes` of tables and indexes, `tables`, and open `connections`.
    """

    application: str
    name: str
    state: str
    bytes: int | None
    tables: int | None
    connections: int | None
    created: datetime
    rotated: datetime | None
    accounts: list[AccountRow]


def every(applications: list[str] | None) -> list[DatabaseRow]:
    """All of them by application; `applications` None: no filter."""
    rows = AppDatabase.objects.order_by("application")
    if applications is not None:
        rows = rows.filter(application__in=applications)
    found = list(rows)
    sizes = databases.measured() if found else {}
    accounts = _accounts([row.application for row in found])
    return [_row(row, sizes, accounts) for row in found]


def one(app: AppName) -> DatabaseRow:
    """The database of an application, also of one that was deleted.

    Raises:
        NotFound: There is none.
    """
    return _row(databases.find(app), databases.measured(), _accounts([app]))


def size(app: AppName) -> int:
    """Bytes of an application's database; 0 where it has none, or its node does not answer."""
    row = AppDatabase.objects.filter(application=app).first()
    return databases.measured().get(row.name, {}).get("bytes", 0) if row else 0


def _row(
    row: AppDatabase, sizes: Mapping[str, Mapping[str, int]], accounts: Mapping[str, list[AccountRow]]
) -> DatabaseRow:
    measured = sizes.get(row.name, {})
    rotating = "rotating" if row.following or row.leaving else row.state
    return DatabaseRow(
        application=row.application,
        name=row.name,
        state="kept" if row.detached else rotating,
        bytes=measured.get("bytes"),
        tables=measured.get("tables"),
        connections=measured.get("connections"),
        created=row.created,
        rotated=row.rotated,
        accounts=accounts.get(row.application, []),
    )


def _accounts(applications: list[str]) -> dict[str, list[AccountRow]]:
    now = datetime.now(UTC)
    rows = DatabaseAccount.objects.filter(application__in=applications, ended=None, expires__gt=now)
    found: dict[str, list[AccountRow]] = {}
    for row in rows.order_by("pk"):
        shown = AccountRow(row.account, row.person, row.read_only, row.created, row.expires)
        found.setdefault(row.application, []).append(shown)
    return found
