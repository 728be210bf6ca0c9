"""Repositories at a commit as the engine needs them: modules with their facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lampas.core.closure.scope import Scope
from lampas.core.definition.values import Definition
from lampas.core.history.ports import HistoryReader
from lampas.core.history.values import TreeEntry
from lampas.core.modules.analysers.choice import by_analyser
from lampas.core.modules.analysers.protocol import Analyser
from lampas.core.modules.tree import guess_roots, modules
from lampas.core.modules.values import Facts, Module
from lampas.core.names import Oid, RepositoryName
from lampas.errors import InvalidInput, NotFound
from lampas.store import facts as stored

_BATCH = 200  # sources analysed before their facts are kept


def scopes(
    reader: HistoryReader, definition: Definition, commit: Oid, pins: Mapping[str, str] | None = None
) -> tuple[Scope, ...]:
    """The repositories in scope of an application, its own first.

    Args:
        reader: History.
        definition: Which repositories it uses.
        commit: The commit of its own.
        pins: Path → another commit of its own repository, from which that path's content is taken.

    Raises:
        NotFound: A repository, a ref or a pinned path does not exist.
    """
    tree = pinned(reader, definition.repository, reader.tree(definition.repository, commit), pins or {})
    found = [_scope(definition.repository, definition.root, tree)]
    for name, ref in definition.uses.items():
        repository = RepositoryName(name)
        if repository == definition.repository:
            raise InvalidInput(f"{definition.file}: {repository} uses itself", "take it out of `uses`")
        used = reader.tree(repository, reader.resolve(repository, ref))
        found.append(_scope(repository, guess_roots(used)[0], used))
    return tuple(found)


def pinned(
    reader: HistoryReader, repository: RepositoryName, tree: Mapping[str, TreeEntry], pins: Mapping[str, str]
) -> Mapping[str, TreeEntry]:
    """The tree with single paths as they are in other commits.

    Raises:
        NotFound: A commit does not exist, or does not hold the path.
    """
    changed = dict(tree)
    for path, ref in pins.items():
        other = reader.tree(repository, reader.resolve(repository, ref))
        if path not in other:
            raise NotFound(f"{path!r} is not in {repository} at {ref}", "pin a path that the commit has: PATH=REV")
        changed[path] = replace(other[path], path=path)
    return changed


def _scope(repository: RepositoryName, root: str, tree: Mapping[str, TreeEntry]) -> Scope:
    found = modules(repository, tree, (root,))
    return Scope(repository, root, found, {path: entry.mode for path, entry in tree.items()})


def facts_of(reader: HistoryReader, found: Iterable[Module]) -> dict[Oid, Facts]:
    """The facts of all files among some that an analyser reads; those that nobody read yet are read now.

    Args:
        reader: History.
        found: Modules of any repositories.
    """
    facts: dict[Oid, Facts] = {}
    for analyser, modules_by_oid in by_analyser(found):
        known = stored.load(modules_by_oid, analyser.NAME, analyser.VERSION)
        fresh = [module for oid, module in modules_by_oid.items() if oid not in known]
        for start in range(0, len(fresh), _BATCH):
            known |= _analysed(reader, analyser, fresh[start : start + _BATCH])
        for oid, one in known.items():
            facts[oid] = facts[oid] | one if oid in facts else one
    return facts


def _analysed(reader: HistoryReader, analyser: Analyser, some: Sequence[Module]) -> dict[Oid, Facts]:
    new = {
        module.oid: analyser.analyse(reader.blob(module.repository, module.oid), module.path.rpartition("/")[2])
        for module in some
    }
    stored.save(new, analyser.NAME, analyser.VERSION)
    return new
