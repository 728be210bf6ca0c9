"""Long work: what was asked for, and how far it is."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from lampas.api.permissions import actor, declared
from lampas.core.accounts import Permission
from lampas.errors import NotFound
from lampas.queries import operations, paging
from lampas.queries.rights import visible
from lampas.store.operations import application_of

router = Router(tags=["operations"])


class Operations(Schema):
    """A page of operations, without their steps."""

    operations: list[operations.Progress]
    next: int | None


@router.get("/operations", response=Operations)
@declared(Permission.VIEW, some=True)
def list_operations(
    request: HttpRequest,
    application: str | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = paging.DEFAULT,
) -> Operations:
    """Operations, newest first."""
    rows = operations.page(
        applications=visible(actor(request), application),
        states=[state] if state else None,
        before=before,
        limit=paging.bounded(limit),
    )
    return Operations(operations=rows, next=paging.following(rows, limit))


@router.get("/operations/{operation}", response=operations.Progress)
@declared(Permission.VIEW, some=True)
def show_operation(request: HttpRequest, operation: int, after: int = 0, wait: float = 0) -> operations.Progress:
    """How far an operation is: as soon as its `seq` is above `after`, or after `wait` seconds."""
    if not actor(request).may(Permission.VIEW, application_of(operation)):
        raise NotFound(f"there is no operation {operation}")
    return operations.wait(operation, after, wait)
