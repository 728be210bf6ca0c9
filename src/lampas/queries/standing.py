"""What needs attention of what applications keep: setup hooks, databases and data left, vulnerabilities, disks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lampas.core.names import AppName
from lampas.core.release import setup
from lampas.queries import advisories, disk
from lampas.queries.health import Concern
from lampas.store import setups
from lampas.store.models import AppDatabase, Application, KeptData, SetupRun

FULL = 0.1  # of a disk that is free: below it is nearly full


def concerns(visible: Sequence[str] | None) -> list[Concern]:
    """What needs attention of these applications (None: of all), worst first."""
    found = [*_setups(visible), *_vulnerable(visible), *_left(visible)]
    return sorted(found, key=lambda concern: concern.tone != "bad")


def _setups(visible: Sequence[str] | None) -> Iterable[Concern]:
    there = Application.objects.filter(deleted=None).values("name")
    rows = SetupRun.objects.filter(state__in=(setup.UNKNOWN, setup.RUNNING), application__in=there)
    if visible is not None:
        rows = rows.filter(application__in=list(visible))
    for row in rows.order_by("application", "number").only("application", "number", "state"):
        if row.state == setup.UNKNOWN or not setups.is_locked(AppName(row.application)):
            yield Concern(
                "bad", f"the setup hooks of version {row.number} of {row.application} were interrupted",
                "Nobody knows how far they came; say whether they are done or run again.",
                app=row.application, release=row.number,
            )  # fmt: skip


def _vulnerable(visible: Sequence[str] | None) -> Iterable[Concern]:
    numbers: dict[tuple[str, int], list[str]] = {}
    for one in advisories.of(advisories.applications(visible)).affected:
        numbers.setdefault((one.app, one.number), []).append(one.vulnerability.distribution)
    for (app, number), names in numbers.items():
        detail = f"Known of {', '.join(sorted(set(names)))}."
        yield Concern("warn", f"version {number} of {app} is known to be vulnerable", detail, app=app, release=number)


def _left(visible: Sequence[str] | None) -> Iterable[Concern]:
    databases = AppDatabase.objects.exclude(detached=None).order_by("application")
    for what, rows in (("database", databases), ("data", KeptData.objects.order_by("application"))):
        for name in rows.values_list("application", flat=True):
            if visible is None or name in visible:
                detail = "It stays until somebody takes it over or drops it."
                yield Concern("warn", f"the deleted application {name} left its {what}", detail, page="/kept")


def full_disks() -> Iterator[Concern]:
    """Disks of nodes that are nearly full. It asks each node, which may take long; of one that does not answer nothing
    is claimed."""
    for node in disk.nodes_alone():
        if node.total and node.free is not None and node.free < node.total * FULL:
            detail = f"{node.free / 1e9:.1f} GB of {node.total / 1e9:.1f} GB are free."
            yield Concern("bad", f"the disk of node {node.node} is nearly full", detail, node=node.node, page="/kept")
