"""How is everything, and what needs attention first? From what nodes observed and what operations came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lampas.store.models import Node, Operation, Release, Slot

SILENT = timedelta(seconds=30)  # the worker asks every node every few seconds
RECENT = timedelta(days=7)


@dataclass(frozen=True)
class Unit:
    """A release on a node as its agent observed it: state running, starting, stopped or failed; `wanted`: by the
    NodeState that it applied last."""

    node: str
    app: str
    number: int
    state: str
    processes: int
    since: datetime | None
    wanted: bool


@dataclass(frozen=True)
class NodeHealth:
    """A node: the generation that it was sent and the one that it reports as applied (None: it never reported)."""

    name: str
    address: str
    roles: tuple[str, ...]
    state: str
    heard: datetime | None
    sent: int
    applied: int | None
    isolation: str
    busy: str
    units: tuple[Unit, ...]

    @property
    def settled(self) -> bool:
        """Whether what was sent is what was applied."""
        return self.applied == self.sent


@dataclass(frozen=True)
class Concern:
    """Something that needs attention, `tone` bad before warn; the names say where to look, `page` before them."""

    tone: str
    what: str
    detail: str
    app: str = ""
    release: int | None = None
    operation: int | None = None
    node: str = ""
    page: str = ""


@dataclass(frozen=True)
class FailedOperation:
    """A failed operation that no later one of its kind has made good."""

    id: int
    kind: str
    app: str
    message: str


@dataclass(frozen=True)
class Facts:
    """What concerns are worked out from: releases that should run, failed operations, newest releases that failed."""

    nodes: Sequence[NodeHealth]
    slots: Sequence[tuple[str, int]]
    operations: Sequence[FailedOperation]
    failed: Sequence[tuple[str, int]]


def nodes(applications: Sequence[str] | None = None) -> list[NodeHealth]:
    """All nodes by name, with their units of these applications (None: of all)."""
    rows = Node.objects.defer("sent").order_by("name")
    return [_health(row, applications) for row in rows]


def facts(applications: Sequence[str] | None) -> Facts:
    """Reads what concerns are worked out from, for these applications (None: for all)."""
    slots = Slot.objects.filter(release__application__deleted=None).order_by("release__application__name")
    operations = Operation.objects.filter(created__gt=datetime.now(UTC) - RECENT).order_by("-id")
    releases = Release.objects.filter(application__deleted=None).order_by("number")
    if applications is not None:
        slots = slots.filter(release__application__name__in=applications)
        operations = operations.filter(application__in=applications)
        releases = releases.filter(application__name__in=applications)
    newest = {
        name: (number, state) for name, number, state in releases.values_list("application__name", "number", "state")
    }
    return Facts(
        nodes=nodes(applications),
        slots=list(slots.values_list("release__application__name", "release__number")),
        operations=_failed(operations.values_list("id", "kind", "application", "state", "error")[:500]),
        failed=[(name, number) for name, (number, state) in newest.items() if state == "failed"],
    )


def concerns(found: Facts, now: datetime) -> list[Concern]:
    """What needs attention, worst first. Pure."""
    all_of_them = [
        *(concern for node in found.nodes for concern in _of_node(node, now)),
        *(concern for node in found.nodes for concern in _of_units(node, found.slots)),
        *(
            Concern("bad", f"{item.kind} of {item.app} failed", item.message, app=item.app, operation=item.id)
            for item in found.operations
        ),
        *(
            Concern("warn", f"version {number} of {app} did not start", "It gets no traffic.", app=app, release=number)
            for app, number in found.failed
        ),
    ]
    return sorted(all_of_them, key=lambda concern: concern.tone != "bad")


def _of_node(node: NodeHealth, now: datetime) -> Iterable[Concern]:
    if node.state == "unreachable":
        yield Concern("bad", f"node {node.name} does not answer", "What runs on it is not known.", node=node.name)
    elif node.heard is None or now - node.heard > SILENT:
        yield Concern("warn", f"node {node.name} was not heard of lately", "Does the worker run?", node=node.name)
    elif node.applied is not None and node.applied < node.sent and not node.busy:
        detail = f"It was sent generation {node.sent} and runs {node.applied}."
        yield Concern("warn", f"node {node.name} is not as it should be", detail, node=node.name)


def _of_units(node: NodeHealth, slots: Sequence[tuple[str, int]]) -> Iterable[Concern]:
    """Only where the node is heard of: what is not known is not claimed."""
    if node.state == "unreachable" or node.heard is None or "appserver" not in node.roles:
        return
    running = {(unit.app, unit.number): unit for unit in node.units}
    for app, number in slots:
        unit = running.get((app, number))
        if unit is None or unit.state in ("failed", "stopped"):
            state = "is not there" if unit is None else "does not run"
            what = f"version {number} of {app} {state} on {node.name}"
            yield Concern("bad", what, "It should run there.", app=app, release=number, node=node.name)
    for key, unit in running.items():
        if key not in slots and unit.state == "running" and not node.busy and node.settled:
            what = f"version {unit.number} of {unit.app} runs on {node.name} though nothing asks for it"
            yield Concern("warn", what, "", app=unit.app, release=unit.number, node=node.name)


def _failed(rows: Iterable[tuple[int, str, str, str, Mapping[str, Any] | None]]) -> list[FailedOperation]:
    """The newest operation of each kind and application, where it failed."""
    seen: set[tuple[str, str]] = set()
    found = []
    for pk, kind, app, state, error in rows:
        if state not in ("done", "failed") or (kind, app) in seen:
            continue
        seen.add((kind, app))
        if state == "failed":
            found.append(FailedOperation(pk, kind, app, str((error or {}).get("message", ""))))
    return found


def _health(row: Node, applications: Sequence[str] | None) -> NodeHealth:
    """A node's report is data from outside: what does not have the expected form is left out."""
    report: Mapping[str, Any] = row.observed if isinstance(row.observed, dict) else {}
    applied = report.get("generation")
    busy = report.get("busy")
    units = report.get("units")
    return NodeHealth(
        name=row.name,
        address=row.address,
        roles=tuple(row.roles),
        state=row.state,
        heard=row.heard,
        sent=row.generation,
        applied=applied if isinstance(applied, int) else None,
        isolation=str(report.get("isolation", ""))[:16],
        busy=", ".join(f"{key} {value}" for key, value in busy.items())[:200] if isinstance(busy, dict) else "",
        units=tuple(
            unit
            for raw in (units if isinstance(units, list) else [])
            if (unit := _unit(row.name, raw)) is not None and (applications is None or unit.app in applications)
        ),
    )


def _unit(node: str, raw: Any) -> Unit | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("app"), str) or not isinstance(raw.get("number"), int):
        return None
    pids, since = raw.get("pids"), raw.get("since")
    return Unit(
        node=node,
        app=raw["app"],
        number=raw["number"],
        state=str(raw.get("state", "unknown"))[:16],
        processes=len(pids) if isinstance(pids, list) else 0,
        since=datetime.fromtimestamp(since, UTC) if isinstance(since, int) and 0 < since < 1 << 40 else None,
        wanted=raw.get("wanted") is True,
    )
