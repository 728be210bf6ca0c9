"""Which modules import each other in a circle, and which does nobody need?"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from lampas.build import graphs, sources
from lampas.core.closure import cycles as circles
from lampas.core.closure.values import Edge
from lampas.core.modules.values import Kind
from lampas.core.names import RepositoryName
from lampas.errors import NotFound
from lampas.queries import code, heads, modules
from lampas.store import needs
from lampas.store.models import Release, Repository

_CODE = frozenset((Kind.PACKAGE, Kind.MODULE, Kind.SCRIPT))


@dataclass(frozen=True)
class ImportEdge:
    """One import: which module has it, which one it names, and the line."""

    source: str
    target: str
    file: str
    line: int


@dataclass(frozen=True)
class Cycle:
    """Modules of a repository that import each other, sorted by name: the shortest circle among them, and all imports
    between them, at a commit."""

    repository: str
    modules: list[str]
    commit: str
    shortest: list[ImportEdge]
    edges: list[ImportEdge]


@dataclass(frozen=True)
class Dead:
    """A module that no release with a place on the nodes holds; `applications` need it at the heads."""

    repository: str
    module: str
    path: str
    kind: str
    applications: list[str]


def dead(repository: str | None = None) -> list[Dead]:
    """Code at the heads of the default branches that no live or warm release holds, by repository and path.

    Raises:
        NotFound: No such repository.
    """
    live, wanted = _live(), heads.needed()
    return [
        Dead(name, module.name, module.path, module.kind.value, wanted.get((name, module.path), []))
        for name in _repositories(repository)
        for module in _head(name)
        if module.kind in _CODE and (name, module.path) not in live
    ]


def _live() -> set[tuple[RepositoryName, str]]:
    rows = Release.objects.exclude(slot=None)
    found = needs.places_of(set(rows.exclude(places=None).values_list("places", flat=True)))
    for closure in rows.filter(places=None).values_list("closure", flat=True):
        found |= {(RepositoryName(row["repository"]), row["path"]) for row in closure.get("members", ())}
    return found


def cycles(repository: str | None) -> list[Cycle]:
    """Circles of imports that run always, at the heads of the default branches; of one repository or of all.

    Raises:
        NotFound: No such repository.
    """
    reader = code.reader()
    found = []
    for name in _repositories(repository):
        try:
            commit = code.commit_at(name, None)
        except NotFound:
            continue  # nothing was pushed to it yet
        scope = sources.at(reader, name, None, commit)
        none: Mapping[str, RepositoryName] = {}
        with graphs.graph(none, (scope,), {}, functools.partial(sources.facts_of, reader)) as graph:
            here = circles.cycles(graph)
        found += [
            Cycle(name, list(one.modules), commit, [*map(_edge, one.shortest)], [*map(_edge, one.edges)])
            for one in here
        ]
    return found


def _edge(edge: Edge) -> ImportEdge:
    return ImportEdge(edge.source, edge.target, edge.file, edge.line)


def _head(repository: RepositoryName) -> modules.Modules:
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
