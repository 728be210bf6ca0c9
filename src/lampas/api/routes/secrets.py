"""Secrets of applications: they are set and taken away, and only their names are ever told."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from lampas.actions.frame import perform
from lampas.actions.set_secret import SetSecret
from lampas.actions.unset_secret import UnsetSecret
from lampas.api.permissions import actor, declared
from lampas.api.routes.traffic import OperationId
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.queries import secrets

router = Router(tags=["secrets"])


class Secrets(Schema):
    """The secrets of an application, without their values."""

    secrets: list[secrets.SecretRow]


class SecretIn(Schema):
    """The value of a secret."""

    value: str


class SecretOut(Schema):
    """What came of it; the operation renews the units that run, None: nothing runs."""

    app: str
    name: str
    hides_setting: bool
    operation: OperationId | None


@router.get("/applications/{app}/secrets", response=Secrets)
@declared(Permission.VIEW, application="app")
def index(request: HttpRequest, app: str) -> Secrets:
    """Names, who set them, and when."""
    return Secrets(secrets=secrets.of(AppName(app)))


@router.put("/applications/{app}/secrets/{name}", response=SecretOut)
@declared(SetSecret, application="app")
def put(request: HttpRequest, app: str, name: str, body: SecretIn) -> SecretOut:
    """Sets a secret; units that run are renewed with it, without a failed request."""
    done = perform(SetSecret(AppName(app), name, body.value), actor(request))
    return _out(app, name, done.operation, hides_setting=done.hides_setting)


@router.delete("/applications/{app}/secrets/{name}", response=SecretOut)
@declared(UnsetSecret, application="app")
def delete(request: HttpRequest, app: str, name: str) -> SecretOut:
    """Takes a secret away; units that run are renewed without it."""
    return _out(app, name, perform(UnsetSecret(AppName(app), name), actor(request)), hides_setting=False)


def _out(app: str, name: str, operation: int | None, *, hides_setting: bool) -> SecretOut:
    accepted = OperationId(id=operation) if operation is not None else None
    return SecretOut(app=app, name=name, hides_setting=hides_setting, operation=accepted)
