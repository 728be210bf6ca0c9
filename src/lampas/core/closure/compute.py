"""The closure of an application, and the questions about it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lampas.core.closure.values import Closure, Edge, Member, Missing
from lampas.core.closure.walk import Walk, chain
from lampas.core.definition.values import Definition
from lampas.core.distributions.known import known_distribution
from lampas.core.distributions.values import Lock
from lampas.core.modules.nametable import NameTable
from lampas.core.modules.resolution import Resolver
from lampas.core.modules.values import Facts, Module
from lampas.core.names import Oid, RepositoryName
from lampas.errors import NotFound


@dataclass(frozen=True)
class Scope:
    """One repository in scope: its modules, their modes by path, and where module names start."""

    repository: RepositoryName
    root: str
    modules: Sequence[Module]
    modes: Mapping[str, int]


def compute(
    definition: Definition, commit: Oid, scopes: Sequence[Scope], facts: Mapping[Oid, Facts], lock: Lock
) -> Closure:
    """Walks from the definition's links to everything that they need.

    Args:
        definition: What the application says of itself.
        commit: The commit of its repository.
        scopes: The repositories in scope, its own first.
        facts: What analysers read, by blob id.
        lock: Its locked distributions.

    Returns:
        The closure; the same inputs give the same closure, reasons included.

    Raises:
        Unresolved: The entry or a link leads to nothing.
    """
    table = NameTable([scope.modules for scope in scopes])
    walk = Walk(
        definition,
        {scope.repository: scope.modules for scope in scopes},
        {scope.repository: scope.root for scope in scopes},
        facts,
        Resolver(table, lock.provided()),
        table,
    )
    walk.run()
    modes = {scope.repository: scope.modes for scope in scopes}
    members = [
        Member(module.name, module.kind, module.path, module.oid, module.repository,
               modes[module.repository].get(module.path, 0o100644), edge)
        for module, edge in walk.reached.values()
    ]  # fmt: skip
    return Closure(
        application=definition.name,
        repository=definition.repository,
        commit=commit,
        members=tuple(sorted(members, key=lambda member: (member.repository, member.path))),
        distributions=lock.distributions,
        reasons=_reasons(definition, lock, walk.distributions),
        unresolved=tuple(sorted(map(_proposed, walk.missing.values()), key=lambda m: (m.file, m.line, m.name))),
        problems=tuple(sorted(set(walk.problems))),
    )


def _proposed(missing: Missing) -> Missing:
    return replace(missing, proposal="" if missing.waived else known_distribution(missing.name))


def _reasons(definition: Definition, lock: Lock, imported: Mapping[str, Edge]) -> dict[str, Edge]:
    """An edge for every locked distribution: the import that leads to it, else what requires it."""
    reasons = {found.name: imported[found.name] for found in lock.distributions if found.name in imported}
    by_name = {found.name: found for found in lock.distributions}
    asked = [name for name in lock.direct if name in by_name and name not in reasons]
    reasons |= {name: Edge(f"app {definition.name}", name, "distribution", lock.source, 0) for name in asked}
    wave = sorted(reasons)
    while wave:
        following = []
        for name in wave:
            for needed in by_name[name].requires:
                if needed in by_name and needed not in reasons:
                    reasons[needed] = Edge(name, needed, "distribution", lock.source, 0)
                    following.append(needed)
        wave = following
    return reasons


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
    target = name if name in edges else by_path.get(name, name)
    if target not in edges:
        near = difflib.get_close_matches(name, edges, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "nothing that the application links leads to it"
        raise NotFound(f"{name!r} is not in the closure of {closure.application}", hint)
    return tuple(chain(edges, target))
