"""What nodes report, written down as observed: the faces show this, never the intent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from lampas.dispatch import nodes
from lampas.errors import LampasError
from lampas.store.models import Node

LIMIT = 1 << 20  # bytes of JSON that one node may report; what is more is not believed


def all_nodes() -> None:
    """Asks every node once; one that does not answer is marked unreachable."""
    for node in Node.objects.order_by("name"):
        one(node)


def one(node: Node) -> dict[str, Any]:
    """Asks one node and writes down its answer; returns it, {} where it does not answer."""
    try:
        observed = nodes.connect(node).status()
    except LampasError:
        Node.objects.filter(pk=node.pk).update(state="unreachable")
        return {}
    if len(json.dumps(observed)) > LIMIT:
        observed = {"error": "the node reported more than may be believed"}
    state = "draining" if node.state == "draining" else "ready"
    Node.objects.filter(pk=node.pk).update(observed=observed, heard=datetime.now(UTC), state=state)
    return observed
