"""Repositories at a commit as the engine needs them: modules with their facts."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

from lampas.core.closure.pins import Pin
from lampas.core.closure.scope import Scope, changed
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
_KEPT = 64  # repositories that a process keeps in memory, each at the commit that was asked for last
_LAST: dict[tuple[RepositoryName, str | None], tuple[Oid, Scope]] = {}
_LOCK = threading.Lock()


def commits(
    reader: HistoryReader, definition: Definition, commit: Oid, given: Mapping[RepositoryName, Oid] | None = None
) -> dict[RepositoryName, Oid]:
    """The commit of each repository in scope of an application, its own first.

    Args:
        reader: History.
        definition: Which repositories it uses, each at a ref.
        commit: The commit of its own.
        given: Commits that count instead of what the refs name by now.

    Raises:
        NotFound: A repository or a ref does not exist.
        InvalidInput: It uses itself.
    """
    found, given = {definition.repository: commit}, given or {}
    for name, ref in definition.uses.items():
        repository = RepositoryName(name)
        if repository == definition.repository:
            raise InvalidInput(f"{definition.file}: {repository} uses itself", "take it out of `uses`")
        found[repository] = given[repository] if repository in given else reader.resolve(repository, ref)
    return found


def scopes(reader: HistoryReader, definition: Definition, commits: Mapping[RepositoryName, Oid]) -> tuple[Scope, ...]:
    """The repositories in scope of an application, its own first.

    Args:
        reader: History.
        definition: Its definition.
        commits: What `commits` gave.

    Raises:
        NotFound: A commit does not exist.
    """
    own = definition.repository
    return tuple(
        at(reader, repository, definition.root if repository == own else None, commit)
        for repository, commit in commits.items()
    )


def pinned(scopes: Sequence[Scope], pins: Sequence[Pin]) -> tuple[Scope, ...]:
    """The same repositories, with what is pinned instead of what they have there."""
    entries: dict[RepositoryName, dict[str, TreeEntry | None]] = {}
    for pin in pins:
        entries.setdefault(pin.repository, {})[pin.path] = pin.entry
    return tuple(
        changed(scope, entries[scope.repository]) if scope.repository in entries else scope for scope in scopes
    )


def at(reader: HistoryReader, repository: RepositoryName, root: str | None, commit: Oid) -> Scope:
    """A repository at a commit: from the last commit that was asked for, if the way from there is known.

    Args:
        reader: History.
        repository: It.
        root: Where module names start; None: as its tree suggests.
        commit: The commit.
    """
    with _LOCK:
        known = _LAST.get((repository, root))
    changes = _changes(reader, repository, known[0], commit) if known is not None else None
    if known is None or changes is None or (root is None and _may_move_roots(changes)):
        tree = reader.tree(repository, commit)
        scope = _scope(repository, guess_roots(tree)[0] if root is None else root, tree)
    else:
        scope = changed(known[1], changes) if changes else known[1]
    if _changes(reader, repository, commit, commit) is not None:  # a tree that history itself has, none laid over it
        with _LOCK:
            _LAST.pop((repository, root), None)
            _LAST[repository, root] = (commit, scope)
            for oldest in list(_LAST)[:-_KEPT]:
                del _LAST[oldest]
    return scope


def _changes(
    reader: HistoryReader, repository: RepositoryName, old: Oid, new: Oid
) -> Mapping[str, TreeEntry | None] | None:
    try:
        return reader.changes(repository, old, new)
    except NotFound:
        return None  # a repository of that name was deleted and made anew


def _may_move_roots(changes: Mapping[str, TreeEntry | None]) -> bool:
    return (
        any(path.startswith("src/") and entry is None for path, entry in changes.items())
        or "src/__init__.py" in changes
    )


def forget() -> None:
    """Empties this process's memory of repositories."""
    with _LOCK:
        _LAST.clear()


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
