"""A repository in scope, as a closure is computed from it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lampas.core.history.values import TreeEntry
from lampas.core.modules.tree import modules
from lampas.core.modules.values import Module
from lampas.core.names import RepositoryName


@dataclass(frozen=True)
class Scope:
    """One repository in scope.

    Attributes:
        repository: Its name.
        root: Where module names start.
        modules: Its files, sorted by path.
        modes: Their git modes, by path.
        since: How it differs from another scope of the same repository, where that is known without a comparison.
    """

    repository: RepositoryName
    root: str
    modules: Sequence[Module]
    modes: Mapping[str, int]
    since: Since | None = None


@dataclass(frozen=True)
class Since:
    """A difference to another scope.

    Attributes:
        modules: The other's `modules`, itself and not an equal one.
        gone: Files as they were there; what changed is in both.
        come: Files as they are here.
    """

    modules: Sequence[Module]
    gone: tuple[Module, ...]
    come: tuple[Module, ...]


def difference(old: Scope, new: Scope) -> tuple[Sequence[Module], Sequence[Module]]:
    """What goes and what comes on the way from one scope to another of the same repository.

    Args:
        old: Where one is.
        new: Where one wants to be.

    Returns:
        Files as they were and as they are; what changed is in both.
    """
    if new.modules is old.modules:
        return (), ()
    if new.since is not None and new.since.modules is old.modules:
        return new.since.gone, new.since.come
    before, after = ({module.path: module for module in scope.modules} for scope in (old, new))
    gone = [module for path, module in before.items() if after.get(path) != module]
    return gone, [module for path, module in after.items() if before.get(path) != module]


def changed(old: Scope, entries: Mapping[str, TreeEntry | None]) -> Scope:
    """A scope in which some files are others.

    Args:
        old: The scope before.
        entries: The files that changed, by path; None for what is gone.
    """
    known = list(old.modules)
    modes = dict(old.modes)
    gone, come = [], []
    fresh = modules(old.repository, {path: entry for path, entry in entries.items() if entry is not None}, (old.root,))
    by_path = {module.path: module for module in fresh}
    for path in sorted(entries):
        at = bisect_left(known, path, key=lambda module: module.path)
        if at < len(known) and known[at].path == path:
            gone.append(known.pop(at))
        modes.pop(path, None)
        if (entry := entries[path]) is not None:
            modes[path] = entry.mode
        if path in by_path:
            known.insert(at, by_path[path])
            come.append(by_path[path])
    return Scope(old.repository, old.root, known, modes, Since(old.modules, tuple(gone), tuple(come)))
