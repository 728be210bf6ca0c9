"""Setup hooks of a release: how they stand, and what an operator says of them."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from lampas.actions.frame import perform
from lampas.actions.mark_setup import MarkSetup
from lampas.api.permissions import actor, declared
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.queries import setups

router = Router(tags=["releases"])


class MarkIn(Schema):
    """How they stand: done or again."""

    state: str


@router.get("/applications/{app}/releases/{int:number}/setup", response=setups.Setup)
@declared(Permission.VIEW, application="app")
def show(request: HttpRequest, app: str, number: int) -> setups.Setup:
    """How the setup hooks of a release stand."""
    return setups.one(AppName(app), number)


@router.post("/applications/{app}/releases/{int:number}/setup", response=setups.Setup)
@declared(MarkSetup, application="app")
def mark(request: HttpRequest, app: str, number: int, body: MarkIn) -> setups.Setup:
    """Says how interrupted setup hooks stand."""
    perform(MarkSetup(AppName(app), number, body.state), actor(request))
    return setups.one(AppName(app), number)
