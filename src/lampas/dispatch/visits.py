"""Persons' accounts to databases of applications: named after them, for a while, told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings

from lampas.core.databases.access import proof
from lampas.core.names import AppName
from lampas.dispatch import databases
from lampas.errors import LampasError
from lampas.store.models import DatabaseAccount


@dataclass(frozen=True)
class Visit:
    """How a person reaches a database: by the socket on its node, or by host and port from there."""

    account: str
    password: str = field(repr=False)
    database: str
    host: str
    port: int
    socket: str
    read_only: bool
    expires: datetime


def begin(row: DatabaseAccount) -> Visit:
    """Makes the account that was allowed. Its password is kept nowhere.

    Raises:
        NotFound: The application has no database.
        Unreachable, Failed: It could not be made; the row says so.
    """
    database, password = databases.find(AppName(row.application)), databases.password()
    try:
        databases.order(
            "person",
            account=row.account,
            database=database.name,
            proofs=(proof(password),),
            read_only=row.read_only,
        )
    except LampasError:
        DatabaseAccount.objects.filter(pk=row.pk).update(ended=datetime.now(UTC))
        raise
    configuration = settings.CONFIGURATION
    where = databases.HOST, configuration.database_port, configuration.database.socket
    return Visit(row.account, password, database.name, *where, row.read_only, row.expires)


def end(row: DatabaseAccount) -> None:
    """Ends an account before its time, with its connections.

    Raises:
        Unreachable, Failed: It could not be ended; it is swept later.
    """
    databases.order("person-drop", account=row.account)
    DatabaseAccount.objects.filter(pk=row.pk, ended=None).update(ended=datetime.now(UTC))
