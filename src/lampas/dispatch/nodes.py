"""The nodes that carry a role, and a connection to each one's Management Interface, kept open between calls."""

from __future__ import annotations

import threading
from pathlib import Path

from django.conf import settings

from lampas.dispatch.interface import Keys, ManagementInterface
from lampas.errors import NotFound
from lampas.store.models import Node

_connections: dict[str, ManagementInterface] = {}
_lock = threading.Lock()


def with_role(role: str) -> list[Node]:
    """The nodes that carry a role, by name."""
    return [node for node in Node.objects.defer("observed").order_by("name") if role in node.roles]


def of_console() -> Node:
    """The node that builds and verifies: this console's own.

    Raises:
        NotFound: It is not in the inventory.
    """
    node = Node.objects.filter(name=settings.CONFIGURATION.node).first()
    if node is None:
        raise NotFound(f"the node {settings.CONFIGURATION.node} is not in the inventory", "run: lampas up")
    return node


def connect(node: Node) -> ManagementInterface:
    """The connection to a node; made at the first call, shared by this process's threads."""
    with _lock:
        known = _connections.get(node.address)
        if known is None or known.closed:
            known = _connections[node.address] = ManagementInterface(node.address, _keys())
        return known


def _keys() -> Keys:
    configuration = settings.CONFIGURATION
    return Keys(
        certificate=Path(configuration.client_certificate),
        key=Path(configuration.client_key),
        nodes_ca=Path(configuration.nodes_ca),
        signing_key=Path(configuration.signing_key),
    )
