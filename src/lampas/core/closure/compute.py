"""The closure of an application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lampas.core.closure.graph import Graph
from lampas.core.closure.scope import Scope
from lampas.core.closure.starts import check_rivals, starts
from lampas.core.closure.unresolved import unresolved
from lampas.core.closure.values import Closure, Edge, Member
from lampas.core.closure.walk import Walk
from lampas.core.definition.values import Definition
from lampas.core.distributions.values import Lock
from lampas.core.modules.values import Facts
from lampas.core.names import Oid


def compute(
    definition: Definition, commit: Oid, scopes: Sequence[Scope], facts: Mapping[Oid, Facts], lock: Lock
) -> Closure:
    """Walks from the definition's links to everything that they need, over a graph that is made for this one walk.

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
        Conflict: A module that is needed stands in several repositories, and none was chosen.
    """
    roots = {scope.repository: scope.root for scope in scopes}
    graph = Graph(roots, lock.provided(), definition.choose)
    nothing = Facts()
    modules = [module for scope in scopes for module in scope.modules]
    graph.change((), modules, lambda module: facts.get(module.oid, nothing))
    return closed(graph, definition, commit, scopes, lock)


def closed(graph: Graph, definition: Definition, commit: Oid, scopes: Sequence[Scope], lock: Lock) -> Closure:
    """The closure of a definition in a graph that is there. See `compute`."""
    walk = Walk(graph, starts(definition, scopes, graph))
    reached = list(walk.files())
    check_rivals(graph, (module for _, module in reached), definition)
    modes = {scope.repository: scope.modes for scope in scopes}
    members = [
        Member(module.name, module.kind, module.path, module.oid, module.repository,
               modes[module.repository].get(module.path, 0o100644), walk.edge(node))
        for node, module in reached
    ]  # fmt: skip
    nodes = {node for node, _ in reached}
    problems = {f"{_path(graph, node)}: {problem}" for node, problem in graph.problems_of(nodes)}
    return Closure(
        application=definition.name,
        repository=definition.repository,
        commit=commit,
        members=tuple(sorted(members, key=lambda member: (member.repository, member.path))),
        distributions=lock.distributions,
        reasons=_reasons(definition, lock, walk.distributions()),
        unresolved=unresolved(walk, nodes, definition),
        problems=tuple(sorted(problems)),
    )


def _path(graph: Graph, node: int) -> str:
    module = graph.modules[node]
    return module.path if module is not None else ""


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
