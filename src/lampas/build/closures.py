"""The closure of an application at a commit."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

from lampas.build import cpan, graphs, locking, overlay, pinning, sources
from lampas.build.pinning import Ground
from lampas.build.tools import tools
from lampas.core.closure.compute import closed
from lampas.core.closure.scope import Scope
from lampas.core.closure.values import Closure
from lampas.core.definition.values import Definition
from lampas.core.distributions.sources import WheelBuilder
from lampas.core.distributions.values import Lock, Requirements
from lampas.core.history.ports import HistoryReader
from lampas.core.names import Oid, RepositoryName


@dataclass(frozen=True)
class Computed:
    """A closure with the repositories that it was computed from, and the history that has the definition's files."""

    closure: Closure
    scopes: tuple[Scope, ...]
    reader: HistoryReader

    @property
    def roots(self) -> dict[RepositoryName, str]:
        """Where module names start in each repository."""
        return {scope.repository: scope.root for scope in self.scopes}


def compute(
    reader: HistoryReader,
    definition: Definition,
    commit: Oid,
    builder: WheelBuilder | None = None,
) -> Closure:
    """Everything that an application needs at a commit. Its distributions are locked, and fetched if they never were.

    Args:
        reader: History.
        definition: The definition in force.
        commit: The commit of its repository.
        builder: Builds distributions that have sources alone; None: such a one is refused.

    Raises:
        Unresolved: The entry, a link or a requirement leads nowhere.
        InvalidInput: A requirement file cannot be used.
        Unreachable: The package index does not answer, and something has to be fetched.
    """
    return compute_scoped(reader, Ground(replace(definition, commit=commit), {}), builder).closure


def compute_scoped(
    reader: HistoryReader,
    ground: Ground,
    builder: WheelBuilder | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Computed:
    """As `compute`, with the repositories that it was computed from; `tell` hears one line about each build.

    Args:
        reader: History.
        ground: The definition at its commit, and what is taken from other commits.
        builder: See `compute`.
        tell: Hears it.

    Raises:
        PinBreaks: What is pinned does not fit the rest.
        LampasError: As `compute`.
    """
    definition = ground.definition
    if definition.runtime == "perl":
        of_cpan = _of_cpan(definition, builder, tell)
        return _computed(reader, ground, lambda wanted: cpan.locked(wanted, of_cpan))
    using = locking.Locking(tools(), builder, definition.name, definition.build_packages, tell)
    return _computed(reader, ground, lambda wanted: locking.locked(wanted, using))


def _of_cpan(definition: Definition, builder: WheelBuilder | None, tell: Callable[[str], None]) -> cpan.Locking:
    packages, building = definition.packages, definition.build_packages
    return cpan.Locking(tools().cpan_mirror, builder, definition.name, packages, building, tell)


def known(reader: HistoryReader, definition: Definition, commit: Oid) -> tuple[Closure, bool]:
    """As `compute`, from what is stored alone: nothing is locked, fetched or built for it.

    Returns:
        The closure; and whether its requirements had been locked. Where they had not, it has no distributions.
    """
    using = locking.Locking(tools(), None, definition.name, definition.build_packages)
    of_cpan = _of_cpan(definition, None, lambda _: None)
    locks: list[Lock | None] = []

    def stored(wanted: Requirements) -> Lock:
        perl = definition.runtime == "perl"
        locks.append(cpan.known(wanted, of_cpan) if perl else locking.known(wanted, using))
        return locks[0] or Lock(source=wanted.source)

    ground = Ground(replace(definition, commit=commit), {})
    return _computed(reader, ground, stored).closure, locks[0] is not None


def _computed(reader: HistoryReader, ground: Ground, locked: Callable[[Requirements], Lock]) -> Computed:
    definition, commit = ground.definition, ground.definition.commit
    reader = overlay.over(reader, definition, commit)
    commits = sources.commits(reader, definition, commit, ground.commits)
    before = sources.scopes(reader, definition, commits)
    scopes = sources.pinned(before, ground.pins)
    lock = locked(_requirements(reader, definition, scopes[0]))
    facts = functools.partial(sources.facts_of, reader)
    with graphs.graph(definition.choose, scopes, lock.provided(), facts) as graph:
        found = closed(graph, definition, commit, scopes, lock)
        closure = replace(found, commits=commits, pins=ground.pins)
        if ground.pins:
            pinning.check(reader, closure, graph, before)
    return Computed(closure, scopes, reader)


def _requirements(reader: HistoryReader, definition: Definition, own: Scope) -> Requirements:
    blobs = {module.path: module.oid for module in own.modules}

    def read(path: str) -> bytes | None:
        return reader.blob(own.repository, blobs[path]) if path in blobs else None

    return locking.required(definition, read)
