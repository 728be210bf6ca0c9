"""Which nodes are there, and what really runs on them? From what the agents observed, never from intent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lampas.store.models import Node


@dataclass(frozen=True)
class NodeRow:
    """A node: its state is unknown, joining, ready, draining or unreachable; `heard` is when it last reported."""

    name: str
    address: str
    roles: list[str]
    state: str
    generation: int
    heard: datetime | None


@dataclass(frozen=True)
class Running:
    """A release as a node's agent observed it: its processes, and the modules that they have loaded."""

    node: str
    app: str
    release: int
    state: str
    pids: list[int]
    loaded: list[str]
    heard: datetime | None


def every() -> list[NodeRow]:
    """All nodes by name."""
    return [
        NodeRow(
            name=row.name,
            address=row.address,
            roles=row.roles,
            state=row.state,
            generation=row.generation,
            heard=row.heard,
        )
        for row in Node.objects.defer("sent", "observed").order_by("name")
    ]


def running(*, applications: Sequence[str] | None, node: str | None = None, module: str | None = None) -> list[Running]:
    """What runs, by node and application; each filter None: no filter."""
    rows = Node.objects.defer("sent").order_by("name")
    if node is not None:
        rows = rows.filter(name=node)
    found = [item for row in rows for item in _units(row.name, row.observed, row.heard)]
    return [
        item
        for item in found
        if (applications is None or item.app in applications) and (module is None or module in item.loaded)
    ]


def _units(node: str, observed: Mapping[str, Any], heard: datetime | None) -> Iterator[Running]:
    """A node's report is data from outside: what does not have the expected form is left out, and what is there
    without any process does not run."""
    for unit in _list(observed.get("units")):
        if not isinstance(unit, dict):
            continue
        app, number = unit.get("app"), unit.get("number")
        pids = [pid for pid in _list(unit.get("pids")) if isinstance(pid, int)]
        if pids and isinstance(app, str) and isinstance(number, int):
            loaded = [name for name in _list(unit.get("loaded")) if isinstance(name, str)]
            state = str(unit.get("state", "unknown"))[:16]
            yield Running(node, app, number, state, pids, loaded, heard)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
