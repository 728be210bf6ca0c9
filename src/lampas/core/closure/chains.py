"""Why a module or a distribution is in a closure: the shortest chain from the application to it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from lampas.core.closure.values import Closure, Edge
from lampas.core.closure.walk import chain
from lampas.errors import NotFound


def why(closure: Closure, name: str) -> tuple[Edge, ...]:
    """The shortest chain from the application to a module, a path or a distribution.

    Args:
        closure: Where to look.
        name: A module's name, a member's path, or a distribution's name.

    Raises:
        NotFound: It is not in the closure.
    """
    edges = {edge.target: edge for edge in closure.reasons.values()}
    edges |= {member.edge.target: member.edge for member in reversed(closure.members)}
    by_path = {member.path: member.edge.target for member in closure.members}
    return _chain(edges, by_path, name, f"the closure of {closure.application}")


def why_recorded(recorded: Mapping[str, Any], name: str, where: str) -> tuple[Edge, ...]:
    """As `why`, of what a release recorded of its closure.

    Args:
        recorded: What `Closure.recorded` gave.
        name: See `why`.
        where: What it is called where the name is not in it.

    Raises:
        NotFound: It is not in it.
    """
    members = [(row["path"], Edge.read(row["edge"])) for row in recorded.get("members", ()) if row.get("edge")]
    reasons = [Edge.read(row["edge"]) for row in recorded.get("distributions", ()) if row.get("edge")]
    edges = {edge.target: edge for edge in reasons}
    edges |= {edge.target: edge for _, edge in reversed(members)}
    return _chain(edges, {path: edge.target for path, edge in members}, name, where)


def _chain(edges: Mapping[str, Edge], by_path: Mapping[str, str], name: str, where: str) -> tuple[Edge, ...]:
    target = name if name in edges else by_path.get(name, name)
    if target not in edges:
        near = difflib.get_close_matches(name, edges, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "nothing that the application links leads to it"
        raise NotFound(f"{name!r} is not in {where}", hint)
    return tuple(chain(edges, target))
