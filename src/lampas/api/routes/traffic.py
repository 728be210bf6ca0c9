"""Deployments, traffic, rollback, retirement: each answers 202 with the operation that the worker takes on."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema, Status

from lampas.actions.frame import Action, perform
from lampas.actions.request_deploy import RequestDeploy
from lampas.actions.request_retire import RequestRetire
from lampas.actions.request_rollback import RequestRollback
from lampas.actions.request_traffic import RequestTraffic
from lampas.api.permissions import actor, declared
from lampas.core.names import AppName
from lampas.errors import InvalidInput

router = Router(tags=["traffic"])


class OperationId(Schema):
    """Which operation."""

    id: int


class Accepted(Schema):
    """Long work was accepted; follow it under `/operations/ID`."""

    operation: OperationId


class DeployIn(Schema):
    """What to deploy; `traffic` in percent, left out: all of it."""

    number: int
    traffic: int | None = None


class TrafficIn(Schema):
    """Percent by release number."""

    table: dict[str, int]


def accept(request: HttpRequest, action: Action[int]) -> Status[Accepted]:
    """Performs an action that commits an intent."""
    return Status(202, Accepted(operation=OperationId(id=perform(action, actor(request)))))


@router.post("/applications/{app}/deployments", response={202: Accepted})
@declared(RequestDeploy, application="app")
def deploy(request: HttpRequest, app: str, body: DeployIn) -> Status[Accepted]:
    """Starts a release everywhere, checks it and gives it traffic."""
    return accept(request, RequestDeploy(AppName(app), body.number, body.traffic))


@router.post("/applications/{app}/traffic", response={202: Accepted})
@declared(RequestTraffic, application="app")
def set_traffic(request: HttpRequest, app: str, body: TrafficIn) -> Status[Accepted]:
    """Splits the traffic anew."""
    return accept(request, RequestTraffic(AppName(app), {_number(key): share for key, share in body.table.items()}))


@router.post("/applications/{app}/rollbacks", response={202: Accepted})
@declared(RequestRollback, application="app")
def rollback(request: HttpRequest, app: str) -> Status[Accepted]:
    """Goes back to the traffic before."""
    return accept(request, RequestRollback(AppName(app)))


@router.post("/applications/{app}/releases/{number}/retire", response={202: Accepted})
@declared(RequestRetire, application="app")
def retire(request: HttpRequest, app: str, number: int) -> Status[Accepted]:
    """Stops a release and takes it off the nodes."""
    return accept(request, RequestRetire(AppName(app), number))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidInput(f"{text!r} is no release number", "write a share as NUMBER=PERCENT: 2=100")
    return int(text)
