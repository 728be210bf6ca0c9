"""Nodes as observed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from lampas.console.pages import page, show
from lampas.core.accounts import Permission
from lampas.errors import NotFound
from lampas.queries import health


@page(Permission.VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """All nodes."""
    return show(request, "nodes.html", {"nodes": health.nodes()})


@page(Permission.VIEW)
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One node with what runs on it."""
    found = [node for node in health.nodes() if node.name == name]
    if not found:
        raise NotFound(f"there is no node {name}", "the list of nodes is under Nodes")
    return show(request, "nodes.html", {"nodes": found, "single": True})
