"""Imports that lead nowhere: which of them a build stops for, and which are only listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lampas.core.closure.links import expand
from lampas.core.closure.values import Closure, Edge, Missing
from lampas.core.closure.walk import Walk, chain
from lampas.core.definition.values import Definition
from lampas.core.distributions.known import known_distribution
from lampas.core.modules.values import When
from lampas.errors import Unresolved

_SHOWN = 5


class MissingModules(Unresolved):
    """Imports that the application takes and that lead nowhere. `missing` holds them all."""

    def __init__(self, closure: Closure, missing: tuple[Missing, ...]) -> None:
        shown = "; ".join(f"{one.name}: {_way(closure, one)}" for one in missing[:_SHOWN])
        more = f"; and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        super().__init__(f"{closure.application} imports what is nowhere: {shown}{more}", _remedy(closure, missing[0]))
        self.missing = missing


def check_resolved(closure: Closure) -> None:
    """Passes a closure that can be built.

    Raises:
        Unresolved: An import that the application takes leads nowhere; the message holds the chain that led there.
    """
    missing = tuple(one for one in closure.unresolved if one.stops)
    if missing:
        raise MissingModules(closure, missing)


def unresolved(walk: Walk, nodes: set[int], definition: Definition) -> tuple[Missing, ...]:
    """What leads nowhere in the files that were reached, by file and line.

    A build stops for an import at the top of a module that Python loads whenever the application is started: one that
    a chain of imports at the top of modules reaches from the entry or from a link that names it. What stands inside a
    function, and what only a pattern, a string, a rule or an import inside a function took in, is listed, since its way
    may never be taken: real code has such imports of what was never installed.

    Args:
        walk: The walk.
        nodes: The files that it reached.
        definition: What it waives.
    """
    found: dict[tuple[str, int, str], Missing] = {}
    nowhere = list(walk.graph.nowhere_of(nodes))
    certain = walk.certain() if nowhere else set()
    for node, one in nowhere:
        module = walk.graph.modules[node]
        if module is None:
            continue
        optional, waived = one.when is When.OPTIONAL, waiver(one.name, definition.waive)
        stops = one.when is When.ALWAYS and not waived and node in certain
        proposal = "" if waived else known_distribution(one.name)
        found.setdefault(
            (module.path, one.line, one.name),
            Missing(one.name, module.path, one.line, optional, waived, proposal, stops, module.repository),
        )
    for missing in _undeclared(walk, nodes, definition):
        found.setdefault((missing.file, missing.line, missing.name), missing)
    return tuple(sorted(found.values(), key=lambda one: (one.file, one.line, one.name)))


def _undeclared(walk: Walk, nodes: set[int], definition: Definition) -> Iterator[Missing]:
    """Patterns of `[module."x"] needs` that name nothing, of modules that were reached."""
    graph = walk.graph
    for name, patterns in definition.needs.items():
        module = graph.table.module(name)
        node = graph.node((module.repository, module.path)) if module is not None else None
        if module is None or node not in nodes:
            continue
        everything = [other for other in graph.modules if other is not None and other.repository == module.repository]
        for pattern in patterns:
            if not expand(pattern, everything, graph.table, graph.files.root(module.repository)):
                yield Missing(
                    pattern, module.path, 0, False, waiver(pattern, definition.waive), repository=module.repository
                )


def waiver(name: str, waive: Mapping[str, str]) -> str:
    """The reason that waives a name: its own, or that of a package around it."""
    while name:
        if name in waive:
            return waive[name]
        name = name.rpartition(".")[0]
    return ""


def _way(closure: Closure, missing: Missing) -> str:
    """`app shop → shop.wsgi (lampas.toml:2) → … → name (file:line)`."""
    edges: dict[str, Edge] = {member.edge.target: member.edge for member in reversed(closure.members)}
    holder = next((member.edge.target for member in closure.members if member.path == missing.file), "")
    steps = [f"{edge.target} ({edge.file}:{edge.line})" for edge in chain(edges, holder)]
    return " → ".join([f"app {closure.application}", *steps, f"{missing.name} ({missing.file}:{missing.line})"])


def _remedy(closure: Closure, missing: Missing) -> str:
    named = f"require {missing.proposal}, " if missing.proposal else "require its distribution, "
    return (
        f'{named}add its repository to `uses`, or waive it: [app.{closure.application}.waive] "{missing.name}" = "why"'
    )
