"""Nodes, and what really runs on them."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from lampas.api.permissions import actor, declared
from lampas.core.accounts import Permission
from lampas.queries import nodes
from lampas.queries.rights import visible

router = Router(tags=["cluster"])


class Nodes(Schema):
    """All nodes."""

    nodes: list[nodes.NodeRow]


class Rows(Schema):
    """What runs."""

    rows: list[nodes.Running]


@router.get("/nodes", response=Nodes)
@declared(Permission.VIEW)
def list_nodes(request: HttpRequest) -> Nodes:
    """Nodes with their state."""
    return Nodes(nodes=nodes.every())


@router.get("/running", response=Rows)
@declared(Permission.VIEW, some=True)
def running(request: HttpRequest, app: str | None = None, node: str | None = None, module: str | None = None) -> Rows:
    """What processes really run, as the agents observed it."""
    return Rows(rows=nodes.running(applications=visible(actor(request), app), node=node, module=module))
