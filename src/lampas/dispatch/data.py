"""The data that applications keep on their nodes: what a deleted one left, and its end."""

from __future__ import annotations

import secrets
import time
from typing import Any

from lampas.core.names import AppName
from lampas.core.nodestate import DataOrder
from lampas.dispatch import nodes
from lampas.errors import Conflict, LampasError
from lampas.store import queue, setups
from lampas.store.models import KeptData, Operation

_LIFETIME = 300  # seconds until a node refuses an order


def left(app: AppName) -> dict[str, int]:
    """Bytes of the data that an application has, by node; a node without is left out.

    Raises:
        Unreachable: A node does not answer.
    """
    found = {}
    for node in nodes.with_role("appserver"):
        for row in nodes.connect(node).disk(app)["apps"]:
            if row["app"] == app and row["data"] is not None:
                found[node.name] = sum(int(size) for size in row["data"].values())
    return found


def keep(app: AppName) -> dict[str, int]:
    """Notes that the data of a deleted application is nobody's now; returns what there is, by node.

    A node that does not answer now may have some: then somebody is asked too.
    """
    try:
        found = left(app)
    except LampasError:
        KeptData.objects.get_or_create(application=app)
        return {}
    if found:
        KeptData.objects.get_or_create(application=app)
    return found


def drop(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Removes the data that a deleted application left, on every node.

    Raises:
        Conflict: It is no longer what a deleted application left.
        Unreachable: A node does not answer.
        Failed: A node could not do it.
    """
    app = AppName(operation.application)
    if not KeptData.objects.filter(application=app).exists():
        raise Conflict(f"the data of {app} was adopted or dropped meanwhile", f"see what has: lampas disk {app}")
    freed = 0
    for node, size in left(app).items():
        step = steps.begin("drop data", "", node)
        row = next(each for each in nodes.with_role("appserver") if each.name == node)
        order = DataOrder(node, int(time.time()) + _LIFETIME, secrets.token_hex(16), app)
        nodes.connect(row).drop_data(order)
        steps.end(step)
        freed += size
    setups.forget(app)
    KeptData.objects.filter(application=app).delete()
    return {"application": app, "bytes": freed}
