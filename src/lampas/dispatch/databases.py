"""Databases of applications: made on the node with the role database, by orders of fixed verbs.

A row is committed before the node is asked, with a password that no statement ever holds: the node is given what
MariaDB keeps of it. Whoever dies in between leaves a row that says `making`, and the next one completes it.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from lampas.core.databases import bookkeeping
from lampas.core.databases.access import Access, proof
from lampas.core.databases.names import of_application
from lampas.core.names import AppName
from lampas.core.nodestate import DatabaseOrder
from lampas.dispatch import nodes
from lampas.errors import Conflict, LampasError, NotFound
from lampas.store.models import AppDatabase, DatabaseAccount, Node, Release
from lampas.store.vaults import the_vault

LOG = logging.getLogger("lampas.worker")
HOST = "127.0.0.1"  # MariaDB listens on loopback: an application runs where its database is
CONNECTIONS = 150  # of one application at once; MariaDB gives out 1,000
SCRATCH_SECONDS = 2 * 3600  # that a scratch database is left, should nobody drop it


def ensure(app: AppName) -> AppDatabase:
    """The application's database, made now if it has none yet.

    Raises:
        Conflict: One of an earlier application of this name is kept, or somebody else's stands there.
        Unreachable: The node does not answer; the next call completes what it was at.
        Failed: MariaDB could not do it.
    """
    row, _ = AppDatabase.objects.get_or_create(
        application=app, defaults={"name": of_application(app), "password": seal(of_application(app), password())}
    )
    if row.detached is not None:
        raise Conflict(
            f"the database of an earlier {app} is kept, and this one does not take it over by itself",
            f"take it over: lampas db adopt {app}, or end it: lampas db drop {app}",
        )
    if row.state != "ready":
        _make(row, fresh=True)
    return row


def ensure_all() -> None:
    """Completes every database that there should be: after a restore the rows are there, and no accounts."""
    for row in AppDatabase.objects.order_by("application"):
        try:
            _make(row, fresh=row.state != "ready")
        except LampasError as error:
            LOG.warning("the database of %s: %s", row.application, error.message)


def prepare(row: Release) -> None:
    """Makes sure that a release which asks for a database of its application's own finds one.

    Raises:
        Conflict, Unreachable, Failed: As `ensure`.
    """
    if row.definition.get("database") == "own":
        ensure(AppName(row.application.name))


def find(app: AppName) -> AppDatabase:
    """The row of an application's database, also of one that was deleted.

    Raises:
        NotFound: There is none.
    """
    row: AppDatabase | None = AppDatabase.objects.filter(application=app).first()
    if row is None:
        raise NotFound(f"{app} has no database", 'one is made for an application that says: database = "own"')
    return row


def identity(app: AppName) -> str:
    """What tells this database from one that the application had before; "" where it has none."""
    row = AppDatabase.objects.filter(application=app).first()
    return f"{row.name} {row.pk}" if row else ""


def environment(app: AppName) -> dict[str, str]:
    """`DATABASE_URL` and `DB_*` of an application; empty where it has no database."""
    return environments([app]).get(app, {})


def environments(apps: Collection[str]) -> dict[str, dict[str, str]]:
    """`DATABASE_URL` and `DB_*` by application, of those that have a database."""
    rows = AppDatabase.objects.filter(application__in=list(apps), state="ready")
    return {row.application: access(row).environment() for row in rows}


def access(row: AppDatabase) -> Access:
    """How the application reaches it."""
    return Access(HOST, settings.CONFIGURATION.database_port, row.name, row.name, unseal(row.name, row.password))


@contextlib.contextmanager
def scratch(app: AppName, keep: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """A database for one verification: the shape of the live one, without its rows; dropped afterwards.

    Args:
        app: The application; its own database is made first, if there is none.
        keep: Tables whose rows are copied, beside those that keep which migrations were made.

    Yields:
        `DATABASE_URL` and `DB_*`.

    Raises:
        Unreachable: The node does not answer.
        Failed: MariaDB could not do it.
    """
    tables = tuple(sorted({*bookkeeping.every(), *keep}))
    made = order("scratch", database=ensure(app).name, keep=tables, seconds=SCRATCH_SECONDS)
    name = str(made["database"])
    for words in made["left_out"]:
        LOG.warning("the scratch database of %s lacks something: %s", app, words)
    try:
        port = settings.CONFIGURATION.database_port
        yield Access(HOST, port, name, name, str(made["password"])).environment()
    finally:
        with contextlib.suppress(LampasError):  # it is swept later
            order("scratch-drop", database=name)


def detach(app: AppName) -> bool:
    """The application is deleted: its database is kept, and nobody's. Returns whether there is one."""
    return bool(AppDatabase.objects.filter(application=app, detached=None).update(detached=datetime.now(UTC)))


def drop(app: AppName) -> None:
    """Ends a database, its account and its data.

    Raises:
        NotFound: There is none.
        Unreachable: The node does not answer; what it was at is completed by the next call.
    """
    row = find(app)
    order("drop", database=row.name, fresh=row.state != "ready")
    row.delete()


def measured() -> dict[str, dict[str, int]]:
    """Bytes, tables and connections by name of the database, as its node tells now; empty while it does not answer."""
    try:
        answer = order("measure", patience=5.0)
    except LampasError:
        return {}
    return {str(name): {key: int(value) for key, value in one.items()} for name, one in answer["databases"].items()}


def sweep() -> None:
    """Ends what has had its time: persons' accounts, and scratch databases that a crash left.

    Raises:
        Unreachable: The node does not answer.
    """
    now = datetime.now(UTC)
    if AppDatabase.objects.exists():
        order("sweep")
        DatabaseAccount.objects.filter(ended=None, expires__lt=now).update(ended=now)


def sweep_due() -> None:
    """Sweeps if a person's account has had its time."""
    if DatabaseAccount.objects.filter(ended=None, expires__lt=datetime.now(UTC)).exists():
        sweep()


def order(verb: str, *, patience: float = 360.0, **values: Any) -> dict[str, Any]:
    """Has the node with the role database carry a verb out; returns what it answers.

    Raises:
        NotFound: No node has the role.
        Unreachable: It does not answer.
        Failed: It could not.
    """
    node = _node()
    wanted = DatabaseOrder(node.name, int(time.time()) + 60, secrets.token_hex(16), verb, **values)
    return nodes.connect(node).database(wanted, patience)


def admit(row: AppDatabase, passwords: Sequence[bytes | memoryview], *, fresh: bool = False) -> str:
    """Has the account opened by these sealed passwords and no others; returns "made", "missing" or "foreign"."""
    proofs = tuple(proof(unseal(row.name, sealed)) for sealed in passwords if sealed)
    answer = order("ensure", database=row.name, proofs=proofs, connections=CONNECTIONS, fresh=fresh)
    return str(answer["state"])


def password() -> str:
    """A new password: it needs no quoting anywhere."""
    return secrets.token_urlsafe(32)


def seal(name: str, text: str) -> bytes:
    """Seals a password of one database."""
    return the_vault().seal(text.encode(), f"database {name}")


def unseal(name: str, sealed: bytes | memoryview) -> str:
    """Opens a password of one database."""
    return the_vault().open(bytes(sealed), f"database {name}").decode()


def _make(row: AppDatabase, *, fresh: bool) -> None:
    state = admit(row, [row.password, row.following or row.leaving], fresh=fresh)
    if state == "foreign":
        row.delete()
        raise Conflict(
            f"MariaDB has a database or an account {row.name} that LAMPAS did not make",
            "rename or drop it, or call the application something else",
        )
    if state != "made":
        raise Conflict(
            f"the database {row.name} of {row.application} is gone from MariaDB",
            f"restore a backup, or begin with an empty one: lampas db drop {row.application}",
        )
    AppDatabase.objects.filter(pk=row.pk, state="making").update(state="ready")
    row.state = "ready"


def _node() -> Node:
    found = nodes.with_role("database")
    if not found:
        raise NotFound("no node carries the role database", "give one the role: lampas node roles NODE database")
    return found[0]
