"""Which modules are there, what do they name, and what names them?"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from lampas.core.modules.analysers.choice import analyser_of
from lampas.core.modules.nametable import NameTable
from lampas.core.modules.resolution import Resolver, ToModule
from lampas.core.modules.tree import guess_roots, modules
from lampas.core.modules.values import Facts, Import, Module
from lampas.core.names import Oid, RepositoryName
from lampas.errors import NotFound
from lampas.queries import code
from lampas.store.models import ModuleRow

Modules = tuple[Module, ...]


@dataclass(frozen=True)
class ModuleName:
    """A module of a commit: its import name, and its path."""

    repository: str
    commit: str
    module: str
    kind: str
    path: str
    revision: str


@dataclass(frozen=True)
class Need:
    """What a module names: as spelled, how, in which line, and the path that it leads to here ("" where elsewhere)."""

    name: str
    provenance: str
    line: int
    path: str


@dataclass(frozen=True)
class ModuleDetail:
    """A module with what it names; `problems` says what could not be read."""

    repository: str
    commit: str
    module: str
    kind: str
    path: str
    revision: str
    size: int
    needs: list[Need]
    problems: list[str]


def every(repository: RepositoryName, at: str | None) -> tuple[Oid, Modules]:
    """All modules of a commit, named from the roots that its tree suggests."""
    commit = code.commit_at(repository, at)
    tree = code.reader().tree(repository, commit)
    return commit, modules(repository, tree, guess_roots(tree))


def find(repository: RepositoryName, name: str, at: str | None) -> ModuleName:
    """A module by its import name or its path.

    Raises:
        NotFound: No such repository, ref or module.
    """
    if (kept := _kept(repository, name, at)) is not None:
        return kept
    commit, found = every(repository, at)
    module = _named(found, name)
    if module is None:
        near = difflib.get_close_matches(name, [item.name for item in found], n=1)
        hint = f"did you mean {near[0]}?" if near else f"list them: lampas search, or git ls-tree {commit[:12]}"
        raise NotFound(f"{repository} has no module {name} at {commit[:12]}", hint)
    return ModuleName(repository, commit, module.name, module.kind.value, module.path, module.oid)


def show(repository: RepositoryName, name: str, at: str | None) -> ModuleDetail:
    """One module with what it names.

    Raises:
        NotFound: No such repository, ref or module.
    """
    named = find(repository, name, at)
    commit, found = every(repository, named.commit)
    module = next(item for item in found if item.path == named.path)
    data = code.reader().blob(repository, module.oid)
    facts = read(module, data)
    resolver = Resolver(NameTable([found]), {})
    return ModuleDetail(
        repository=repository,
        commit=commit,
        module=module.name,
        kind=module.kind.value,
        path=module.path,
        revision=module.oid,
        size=len(data),
        needs=[_need(resolver, module, item) for item in facts.imports],
        problems=list(facts.problems),
    )


def read(module: Module, data: bytes) -> Facts:
    """What an analyser reads in one revision; nothing where none reads such files."""
    analyser = analyser_of(module)
    return analyser.analyse(data, module.path.rpartition("/")[2]) if analyser is not None else Facts()


def _kept(repository: RepositoryName, name: str, at: str | None) -> ModuleName | None:
    """A module by the table of the default branch's head, which is made in one look-up; None: see the tree itself."""
    commit = code.commit_at(repository, at)
    rows = ModuleRow.objects.filter(repository__name=repository, repository__module_table__commit=commit)
    row = rows.filter(path=name).first() or rows.filter(name=name).order_by("path").first()
    return None if row is None else ModuleName(repository, commit, row.name, row.kind, row.path, row.oid)


def _named(found: tuple[Module, ...], name: str) -> Module | None:
    by_path = {item.path: item for item in found}
    by_name = {item.name: item for item in reversed(found)}
    return by_path.get(name) or by_name.get(name)


def _need(resolver: Resolver, module: Module, item: Import) -> Need:
    targets = [found.module.path for found in resolver.targets(module, item) if isinstance(found, ToModule)]
    name = "." * item.level + item.module
    spelled = f"{name} ({', '.join(item.names)})" if item.names else name
    return Need(spelled, item.provenance, item.line, targets[-1] if targets else "")
