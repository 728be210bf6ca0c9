"""Sends each appserver node its whole desired state and waits until it is so; undoes everywhere if one node cannot."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from lampas.core.desired.node import Key
from lampas.core.nodestate import NodeState, Unit
from lampas.dispatch import blobs, generations, nodes, packages, rendering
from lampas.dispatch.interface import ManagementInterface
from lampas.dispatch.wanted import Wanted, everything, let_go
from lampas.errors import Failed, LampasError
from lampas.store.models import Node

LIFETIME = 300  # seconds until a node refuses a state that was rendered for it


class Progress(Protocol):
    """Shows people the steps that a node takes."""

    def event(self, node: str, step: str, state: str, detail: str) -> None:
        """One thing that happened: a step is "running", "done" or "failed"."""


@dataclass(frozen=True)
class NodeResult:
    """How one node ended: "live", or "failed" with the reason."""

    node: str
    state: str


def send(stored: Mapping[str, Wanted], wanted: Wanted, progress: Progress) -> list[NodeResult]:
    """Makes every appserver node run one application as wanted, and every other one as stored.

    Nodes are served one after the other; the first one is the canary. Where one fails, those before it are sent what
    is stored again, so that all of them run what they ran before.

    Raises:
        Failed: A node could not do it; the message quotes the application's own last words.
        Unreachable: A node does not answer.
    """
    apps = {**stored, wanted.app: wanted}
    results: list[NodeResult] = []
    reached: list[Node] = []
    for node in nodes.with_role("appserver"):
        reached.append(node)
        try:
            _send_one(node, apps, wanted.drain, progress)
        except LampasError:
            if restore(reached, progress):
                let_go(wanted.app)
            raise
        results.append(NodeResult(node.name, "live"))
    if not results:
        raise Failed("no node carries the role appserver", "give one the role: lampas node roles NODE appserver")
    return results


def send_stored(progress: Progress) -> list[NodeResult]:
    """Makes every appserver node run what is stored: it lost its state, or what it is told by has changed.

    Raises:
        Failed: A node could not do it.
        Unreachable: A node does not answer.
    """
    reached = list(nodes.with_role("appserver"))
    for node in reached:
        _send_one(node, everything(), 0.0, progress, thorough=True)
    return [NodeResult(node.name, "live") for node in reached]


def restore(reached: list[Node], progress: Progress) -> bool:
    """Sends nodes what is stored; one that does not answer now catches up when it returns. Returns whether all did."""
    done = True
    for node in reached:
        try:
            _send_one(node, everything(), 0.0, progress, thorough=True)
        except LampasError as error:
            done = False
            progress.event(node.name, "restore", "failed", error.message)
    return done


def changed(wanted: Wanted) -> set[int]:
    """Those releases of an application whose units run on a node and would be made otherwise now: a secret was set, a
    setting of the node changed, or another LAMPAS renders them."""
    found = set()
    for node in nodes.with_role("appserver"):
        standing = _standing(_before(node))
        for unit in rendering.units(node, wanted):
            if standing.get((unit.app, unit.number, unit.port), unit) != unit:
                found.add(unit.number)
    return found


def _send_one(
    node: Node, apps: Mapping[str, Wanted], drain: float, progress: Progress, *, thorough: bool = False
) -> None:
    """Ships content, sends the state, and remembers it once it is applied.

    What the last state named was shipped before it, so it is not asked for again: a rollback is one round trip less.
    With `thorough` it is, since after a failure or a restore nothing is sure.
    """
    interface = nodes.connect(node)
    before = _before(node)
    generation = generations.next_of(node)
    expires = int(time.time()) + LIFETIME
    state = rendering.node_state(node, apps, _standing(before), generation=generation, expires=expires, drain=drain)
    held = {release.manifest for release in before.releases} if before and not thorough else set()
    new = {release.manifest for release in state.releases} - held
    if new:
        _packages(node, new, progress)
        blobs.ship(interface, new)
    _apply(interface, node.name, state, progress)
    generations.remember(node, state)


def _packages(node: Node, manifests: set[str], progress: Progress) -> None:
    """The node has the Debian packages of its releases before one of them starts."""
    wanted = packages.of_releases(manifests)
    if wanted:
        progress.event(node.name, "packages", "running", ", ".join(wanted))
        packages.ensure(node, wanted)
        progress.event(node.name, "packages", "done", ", ".join(wanted))


def _before(node: Node) -> NodeState | None:
    """The last state that the node applied."""
    return _decoded(bytes(node.sent)) if node.sent else None


@lru_cache(maxsize=8)
def _decoded(sent: bytes) -> NodeState:
    return NodeState.decode(sent)


def _standing(before: NodeState | None) -> Mapping[Key, Unit]:
    return {(unit.app, unit.number, unit.port): unit for unit in before.units} if before else {}


def _apply(interface: ManagementInterface, node: str, state: NodeState, progress: Progress) -> None:
    outcome, error = "", ""
    for event in interface.apply(state):
        if "outcome" in event:
            outcome, error = str(event["outcome"]), str(event.get("error") or "")
        else:
            progress.event(node, str(event["step"]), str(event["state"]), str(event.get("detail") or ""))
    if outcome not in ("applied", "unchanged"):
        raise Failed(
            f"{node}: {error or 'the node did not say how it ended'}", "nothing has changed; mend it, build again"
        )
