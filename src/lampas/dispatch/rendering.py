"""From what is stored to what one node should run: reads releases, leaves every decision to `core.desired`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from lampas.core.cluster.live import AppLive
from lampas.core.desired.node import NodePlace, RunningRelease, render
from lampas.core.names import AppName
from lampas.core.nodestate import NodeState, ReleaseOnNode
from lampas.core.nodestate.statics import of_front
from lampas.core.serving.units import environment
from lampas.dispatch import databases
from lampas.dispatch.wanted import Wanted
from lampas.store.models import Node, Release


def node_state(node: Node, apps: Mapping[str, Wanted], *, generation: int, expires: int, drain: float) -> NodeState:
    """The whole desired state of an appserver node.

    Args:
        node: The node.
        apps: Every application that should run, by name.
        generation: The generation that it will have.
        expires: Unix seconds after which the node refuses it.
        drain: Seconds that units without traffic are left.
    """
    rows = _releases(apps)
    live = [_live(wanted, rows) for wanted in apps.values() if wanted.slots]
    owners = {row.application.name for row in rows.values() if has_database(row)}
    opened = databases.environments(owners) if owners else {}
    running = [
        _running(row, opened.get(row.application.name, {}) if has_database(row) else {}) for row in rows.values()
    ]
    return render(_place(node), live, running, generation=generation, expires=expires, drain=drain)


def release_on_node(row: Release) -> ReleaseOnNode:
    """A stored release as a node knows it."""
    return ReleaseOnNode(row.application.name, row.number, row.release_id, row.manifest)


def environment_of(node: Node, row: Release) -> dict[str, str]:
    """The environment of a release's processes on a node."""
    opened = databases.environment(AppName(row.application.name)) if has_database(row) else {}
    return environment(node.home, row.application.name, row.number, row.env, opened)


def has_database(row: Release) -> bool:
    """Whether a release asks for a database of its application's own."""
    return bool(row.definition.get("database") == "own")


def _place(node: Node) -> NodePlace:
    configuration = settings.CONFIGURATION
    return NodePlace(node.name, node.home, configuration.domain, configuration.front_secret)


def _releases(apps: Mapping[str, Wanted]) -> dict[tuple[str, int], Release]:
    numbers = {number for wanted in apps.values() for number in wanted.slots}
    rows = (
        Release.objects.only("number", "release_id", "manifest", "definition", "env", "application__name")
        .filter(application__name__in=list(apps), number__in=numbers)
        .select_related("application")
    )
    wanted = {(app, number) for app, each in apps.items() for number in each.slots}
    return {key: row for row in rows if (key := (row.application.name, row.number)) in wanted}


def _live(wanted: Wanted, rows: Mapping[tuple[str, int], Release]) -> AppLive:
    """An application answers on the hosts of the release with the most traffic; the newest one where they are equal."""
    leader = max(wanted.traffic, key=lambda number: (wanted.traffic[number], number), default=None)
    hosts: Sequence[str] = rows[wanted.app, leader].definition.get("hosts", ()) if leader else ()
    static = {number: _of_front(rows[wanted.app, number]) for number in wanted.slots}
    return AppLive(wanted.app, tuple(hosts), wanted.traffic, wanted.slots, static)


def _of_front(row: Release) -> tuple[str, ...]:
    definition: dict[str, Any] = row.definition
    found = of_front(definition.get("static", {}), definition.get("persist", ()))
    return tuple(each.prefix for each in found)


def _running(row: Release, database: Mapping[str, str]) -> RunningRelease:
    definition: dict[str, Any] = row.definition
    return RunningRelease(
        app=row.application.name,
        number=row.number,
        release=row.release_id,
        manifest=row.manifest,
        entry=definition["entry"],
        root=definition.get("root", ""),
        processes=definition.get("processes", 2),
        threads=definition.get("threads", 15),
        static=definition.get("static", {}),
        persist=tuple(definition.get("persist", ())),
        canonical_host=definition.get("canonical_host", ""),
        env=row.env,
        database=database if has_database(row) else {},
    )
