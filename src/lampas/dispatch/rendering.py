"""From what is stored to what one node should run: reads releases, leaves every decision to `core.desired`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from lampas.core.cluster.live import AppLive
from lampas.core.desired.node import Key, NodePlace, RunningRelease, render
from lampas.core.desired.node import unit as rendered
from lampas.core.names import AppName
from lampas.core.nodestate import Environment, NodeState, ReleaseOnNode, Unit
from lampas.core.nodestate.environment import context
from lampas.core.nodestate.statics import of_front
from lampas.core.serving.units import environment
from lampas.dispatch import databases
from lampas.dispatch.wanted import Wanted
from lampas.errors import Conflict
from lampas.store import secrets
from lampas.store.models import Node, Release
from lampas.store.vaults import the_vault


def node_state(
    node: Node,
    apps: Mapping[str, Wanted],
    standing: Mapping[Key, Unit],
    *,
    generation: int,
    expires: int,
    drain: float,
) -> NodeState:
    """The whole desired state of an appserver node.

    Args:
        node: The node.
        apps: Every application that should run, by name.
        standing: The units that run there; those that keep their port go on as they are.
        generation: The generation that it will have.
        expires: Unix seconds after which the node refuses it.
        drain: Seconds that units without traffic are left.
    """
    rows = _releases(apps)
    live = [_live(wanted, rows) for wanted in apps.values() if wanted.slots]
    fresh = {app for app, wanted in apps.items() for slot in wanted.slots.items() if (app, *slot) not in standing}
    sealed = _sealed(node, [row for (app, _), row in rows.items() if app in fresh])
    running = [_running(row, sealed.get(key, "")) for key, row in rows.items()]
    return render(_place(node), live, running, standing, generation=generation, expires=expires, drain=drain)


def units(node: Node, wanted: Wanted) -> list[Unit]:
    """An application's units on a node as they would be made now."""
    rows = _releases({wanted.app: wanted})
    sealed = _sealed(node, rows.values())
    return [rendered(_place(node), _running(row, sealed[key]), wanted.slots[row.number]) for key, row in rows.items()]


def release_on_node(row: Release) -> ReleaseOnNode:
    """A stored release as a node knows it."""
    return ReleaseOnNode(row.application.name, row.number, row.release_id, row.manifest)


def environment_of(node: Node, row: Release) -> Environment:
    """The environment of a release's processes on a node: what units, commands and setup hooks get."""
    app = row.application.name
    database = databases.environment(AppName(app)) if has_database(row) else {}
    return environment_for(node, app, row.number, row.env, database)


def environment_for(
    node: Node, app: str, number: int, variables: Mapping[str, str], database: Mapping[str, str]
) -> Environment:
    """The environment of a release that may not be stored yet, or with another database than the live one.

    Args:
        node: The node.
        app: The application; its secrets are in it.
        number: The release's number.
        variables: `[app.NAME.env]`.
        database: `DATABASE_URL` and `DB_*`; empty without a database.
    """
    secret = {**secrets.opened({app})[app], **database}
    return Environment(environment(node.home, app, number, variables), _seal(node, app, secret))


def has_database(row: Release) -> bool:
    """Whether a release asks for a database of its application's own."""
    return bool(row.definition.get("database") == "own")


def _sealed(node: Node, rows: Iterable[Release]) -> dict[tuple[str, int], str]:
    """What only the processes of each release may see, sealed. Access to its database wins over a secret."""
    asked = list(rows)
    owners = {AppName(row.application.name) for row in asked if has_database(row)}
    opened = secrets.opened({row.application.name for row in asked}) if asked else {}
    access = databases.environments(owners) if owners else {}
    found = {}
    for row in asked:
        app = row.application.name
        database = access.get(app, {}) if has_database(row) else {}
        found[app, row.number] = _seal(node, app, {**opened[app], **database})
    return found


def _seal(node: Node, app: str, values: Mapping[str, str]) -> str:
    if not values:
        return ""
    if not node.key:
        raise Conflict(f"the node {node.name} has no key that secrets could be sealed to", "run there: lampas up")
    content = json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
    return base64.b64encode(the_vault().seal_to(bytes.fromhex(node.key), content, context(node.name, app))).decode()


def _place(node: Node) -> NodePlace:
    configuration = settings.CONFIGURATION
    return NodePlace(node.name, node.home, configuration.domain, configuration.front_secret)


def _releases(apps: Mapping[str, Wanted]) -> dict[tuple[str, int], Release]:
    numbers = {number for wanted in apps.values() for number in wanted.slots}
    rows = (
        Release.objects.only("number", "release_id", "manifest", "definition", "env", "compressed", "application__name")
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
    compressed = frozenset(number for number in wanted.slots if rows[wanted.app, number].compressed)
    return AppLive(wanted.app, tuple(hosts), wanted.traffic, wanted.slots, static, compressed)


def _of_front(row: Release) -> tuple[str, ...]:
    definition: dict[str, Any] = row.definition
    found = of_front(definition.get("static", {}), definition.get("persist", ()))
    return tuple(each.prefix for each in found)


def _running(row: Release, sealed: str) -> RunningRelease:
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
        sealed=sealed,
    )
