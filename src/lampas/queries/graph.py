"""Which modules import each other in a circle, and which does nothing live need?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lampas.core.modules.analysers.python import analyser
from lampas.core.modules.nametable import NameTable
from lampas.core.modules.resolution import Resolver, ToModule
from lampas.core.modules.values import Facts, Kind, Module, When
from lampas.core.names import Oid, RepositoryName
from lampas.errors import NotFound
from lampas.queries import code, modules
from lampas.store import facts
from lampas.store.models import Release, Repository

_CODE = frozenset((Kind.PACKAGE, Kind.MODULE, Kind.SCRIPT))


@dataclass(frozen=True)
class Cycle:
    """Modules of a repository that import each other, sorted by name."""

    repository: str
    modules: list[str]


@dataclass(frozen=True)
class Dead:
    """A module that no release with a place on the nodes holds."""

    repository: str
    module: str
    path: str


def dead() -> list[Dead]:
    """Code at the heads of the default branches that no live or warm release holds, by repository and path."""
    needed: set[tuple[str, str]] = set()
    for closure in Release.objects.exclude(slot=None).values_list("closure", flat=True):
        needed.update((row["repository"], row["path"]) for row in closure.get("members", []))
    return [
        Dead(name, module.name, module.path)
        for name in _repositories(None)
        for module in _head(name)
        if module.kind in _CODE and (name, module.path) not in needed
    ]


def cycles(repository: str | None) -> list[Cycle]:
    """Circles of imports that run always, at the heads of the default branches; of one repository or of all.

    Raises:
        NotFound: No such repository.
    """
    found = []
    for name in _repositories(repository):
        edges = _edges(name, [module for module in _head(name) if module.kind in _CODE])
        found += [Cycle(name, sorted(part)) for part in components(edges) if len(part) > 1]
    return found


def components(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The strongly connected components of a graph, by Tarjan's algorithm without recursion."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    held: set[str] = set()
    parts: list[list[str]] = []
    for root in edges:
        work = [(root, iter(edges[root]))] if root not in order else []
        while work:
            node, following = work[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                stack.append(node)
                held.add(node)
            step = next((other for other in following if other in edges), None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    parts.append(_cut(stack, held, node))
            elif step not in order:
                work.append((step, iter(edges[step])))
            elif step in held:
                low[node] = min(low[node], order[step])
    return parts


def _cut(stack: list[str], held: set[str], node: str) -> list[str]:
    part: list[str] = []
    while not part or part[-1] != node:
        part.append(stack.pop())
        held.discard(part[-1])
    return part


def _edges(repository: RepositoryName, found: Sequence[Module]) -> dict[str, list[str]]:
    resolver = Resolver(NameTable([found]), {})
    known = _facts(repository, found)
    return {
        module.name: [
            target.module.name
            for item in known[module.oid].imports
            if item.when is When.ALWAYS
            for target in resolver.targets(module, item)
            if isinstance(target, ToModule)
        ]
        for module in found
    }


def _facts(repository: RepositoryName, found: Sequence[Module]) -> dict[Oid, Facts]:
    known = facts.load([module.oid for module in found], analyser.NAME, analyser.VERSION)
    reader = code.reader()
    for module in found:
        if module.oid not in known:
            known[module.oid] = modules.read(module, reader.blob(repository, module.oid))
    return known


def _head(repository: RepositoryName) -> tuple[Module, ...]:
    try:
        return modules.every(repository, None)[1]
    except NotFound:
        return ()


def _repositories(name: str | None) -> list[RepositoryName]:
    rows = Repository.objects.order_by("name").values_list("name", flat=True)
    names = [RepositoryName(row) for row in rows if name is None or row == name]
    if name is not None and not names:
        raise NotFound(f"there is no repository {name}", "list them: lampas repo list")
    return names
