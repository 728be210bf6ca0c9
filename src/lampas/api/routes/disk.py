"""What takes the disks, and the data that deleted applications left."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from lampas.actions.adopt_data import AdoptData
from lampas.actions.drop_data import DropData
from lampas.actions.frame import perform
from lampas.api.permissions import actor, declared
from lampas.api.routes.applications import DeleteIn
from lampas.api.routes.traffic import Accepted, accept
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.queries import disk
from lampas.queries.rights import visible

router = Router(tags=["disk"])


@router.get("/disk", response=disk.Disk)
@declared(Permission.VIEW, some=True)
def index(request: HttpRequest) -> disk.Disk:
    """What takes the disks, by application, node and repository."""
    return disk.every(visible(actor(request)))


@router.get("/applications/{app}/disk", response=disk.AppDisk)
@declared(Permission.VIEW, application="app")
def show(request: HttpRequest, app: str) -> disk.AppDisk:
    """What one application takes, also one that was deleted."""
    return disk.one(AppName(app))


@router.post("/applications/{app}/data/adopt", response={204: None})
@declared(AdoptData, application="app")
def adopt(request: HttpRequest, app: str) -> Status[None]:
    """Makes the data that an earlier application left this one's own."""
    perform(AdoptData(AppName(app)), actor(request))
    return Status(204, None)


@router.delete("/applications/{app}/data", response={202: Accepted})
@declared(DropData, application="app")
def drop(request: HttpRequest, app: str, body: DeleteIn) -> Status[Accepted]:
    """Removes the data that a deleted application left."""
    return accept(request, DropData(AppName(app), body.confirm))
