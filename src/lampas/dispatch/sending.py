"""Sends each appserver node its whole desired state and waits until it is so; undoes everywhere if one node cannot."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction

from lampas.core.nodestate import NodeState
from lampas.dispatch import blobs, nodes, rendering
from lampas.dispatch.interface import ManagementInterface
from lampas.dispatch.wanted import Wanted, everything
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


def send(wanted: Wanted, progress: Progress) -> list[NodeResult]:
    """Makes every appserver node run one application as wanted, and every other one as stored.

    Nodes are served one after the other; the first one is the canary. Where one fails, those before it are sent what
    is stored again, so that all of them run what they ran before.

    Raises:
        Failed: A node could not do it; the message quotes the application's own last words.
        Unreachable: A node does not answer.
    """
    apps = {**everything(), wanted.app: wanted}
    results: list[NodeResult] = []
    reached: list[Node] = []
    for node in nodes.with_role("appserver"):
        reached.append(node)
        try:
            _send_one(node, apps, wanted.drain, progress)
        except LampasError:
            restore(reached, progress)
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


def restore(reached: list[Node], progress: Progress) -> None:
    """Sends nodes what is stored; one that does not answer now catches up when it returns."""
    for node in reached:
        try:
            _send_one(node, everything(), 0.0, progress, thorough=True)
        except LampasError as error:
            progress.event(node.name, "restore", "failed", error.message)


def _send_one(
    node: Node, apps: Mapping[str, Wanted], drain: float, progress: Progress, *, thorough: bool = False
) -> None:
    """Ships content, then sends the state.

    What the last state named was shipped before it, so it is not asked for again: a rollback is one round trip less.
    With `thorough` it is, since after a failure or a restore nothing is sure.
    """
    interface = nodes.connect(node)
    before = set() if thorough else _manifests(bytes(node.sent))
    state = _next_state(node, apps, drain)
    new = {release.manifest for release in state.releases} - before
    if new:
        blobs.ship(interface, new)
    _apply(interface, node.name, state, progress)


def _manifests(sent: bytes) -> set[str]:
    return {release.manifest for release in NodeState.decode(sent).releases} if sent else set()


def _next_state(node: Node, apps: Mapping[str, Wanted], drain: float) -> NodeState:
    """Renders the node's state under its next generation and stores it before it is sent."""
    with transaction.atomic():
        locked = Node.objects.select_for_update().only("generation").get(pk=node.pk)
        generation = locked.generation + 1
        expires = int(time.time()) + LIFETIME
        state = rendering.node_state(node, apps, generation=generation, expires=expires, drain=drain)
        Node.objects.filter(pk=node.pk).update(generation=generation, sent=state.encode())
    return state


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
