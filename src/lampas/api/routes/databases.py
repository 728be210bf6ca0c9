"""Databases of applications: sizes, a new password, accounts for persons, the end."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema, Status

from lampas.actions.adopt_database import AdoptDatabase
from lampas.actions.drop_database import DropDatabase
from lampas.actions.end_database_account import EndDatabaseAccount
from lampas.actions.frame import perform
from lampas.actions.open_database_account import OpenDatabaseAccount
from lampas.actions.rotate_password import RotatePassword
from lampas.api.permissions import actor, declared
from lampas.api.routes.applications import DeleteIn
from lampas.api.routes.traffic import Accepted, accept
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.dispatch import visits
from lampas.queries import databases
from lampas.queries.rights import visible

router = Router(tags=["databases"])


class Databases(Schema):
    """All databases of applications."""

    databases: list[databases.DatabaseRow]


class AccountIn(Schema):
    """For how long, and whether to read alone."""

    minutes: int = 60
    read_only: bool = False


class AccountOut(Schema):
    """The account: its password is told here and nowhere else."""

    account: str
    password: str
    database: str
    host: str
    port: int
    socket: str
    read_only: bool
    expires: datetime


@router.get("/databases", response=Databases)
@declared(Permission.VIEW, some=True)
def index(request: HttpRequest) -> Databases:
    """Databases of applications, by application."""
    return Databases(databases=databases.every(visible(actor(request))))


@router.get("/applications/{app}/database", response=databases.DatabaseRow)
@declared(Permission.VIEW, application="app")
def show(request: HttpRequest, app: str) -> databases.DatabaseRow:
    """The database of an application, also of one that was deleted."""
    return databases.one(AppName(app))


@router.post("/applications/{app}/database/rotate", response={202: Accepted})
@declared(RotatePassword, application="app")
def rotate(request: HttpRequest, app: str) -> Status[Accepted]:
    """Changes the password without a failed request."""
    return accept(request, RotatePassword(AppName(app)))


@router.post("/applications/{app}/database/adopt", response={204: None})
@declared(AdoptDatabase, application="app")
def adopt(request: HttpRequest, app: str) -> Status[None]:
    """Makes a database that an earlier application left this one's own."""
    perform(AdoptDatabase(AppName(app)), actor(request))
    return Status(204, None)


@router.delete("/applications/{app}/database", response={202: Accepted})
@declared(DropDatabase, application="app")
def drop(request: HttpRequest, app: str, body: DeleteIn) -> Status[Accepted]:
    """Ends a database, with its data."""
    return accept(request, DropDatabase(AppName(app), body.confirm))


@router.post("/applications/{app}/database/accounts", response={201: AccountOut})
@declared(OpenDatabaseAccount, application="app")
def enter(request: HttpRequest, app: str, body: AccountIn) -> Status[visits.Visit]:
    """Makes an account for whoever asks, for a while."""
    row = perform(OpenDatabaseAccount(AppName(app), body.minutes, body.read_only), actor(request))
    return Status(201, visits.begin(row))


@router.delete("/applications/{app}/database/accounts/{name}", response={204: None})
@declared(EndDatabaseAccount, application="app")
def leave(request: HttpRequest, app: str, name: str) -> Status[None]:
    """Ends a person's account before its time."""
    visits.end(perform(EndDatabaseAccount(AppName(app), name), actor(request)))
    return Status(204, None)
