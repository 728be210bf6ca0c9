"""Graphs that this process keeps: each follows the commits that are asked for by their differences."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from lampas.core.closure.graph import Graph
from lampas.core.closure.scope import Scope, difference
from lampas.core.modules.values import Facts, Module
from lampas.core.names import Oid, RepositoryName

_KEPT = 16  # graphs; the one that was used longest ago goes first
FactsOf = Callable[[Sequence[Module]], Mapping[Oid, Facts]]
_NOTHING = Facts()


@dataclass
class _Kept:
    graph: Graph
    scopes: dict[RepositoryName, Scope]
    lock: threading.Lock = field(default_factory=threading.Lock)


_GRAPHS: dict[object, _Kept] = {}
_LOCK = threading.Lock()


@contextmanager
def graph(
    choose: Mapping[str, RepositoryName], scopes: Sequence[Scope], provided: Mapping[str, str], facts: FactsOf
) -> Iterator[Graph]:
    """The graph of some repositories as they are now. Nobody else changes it as long as it is held.

    Args:
        choose: Name → the repository that was chosen for it, where several have it.
        scopes: The repositories in scope, in order.
        provided: Import prefix → distribution.
        facts: What is read in some files.
    """
    kept = _kept(choose, scopes, provided)
    with kept.lock:
        gone: list[Module] = []
        come: list[Module] = []
        for scope in scopes:
            old = kept.scopes.get(scope.repository, Scope(scope.repository, scope.root, (), {}))
            went, came = difference(old, scope)
            gone += went
            come += came
        if gone or come:
            try:
                kept.graph.change(gone, come, _reading(facts, come))
            except BaseException:
                _drop(kept)  # it is neither here nor there
                raise
            kept.scopes = {scope.repository: scope for scope in scopes}
        yield kept.graph


def forget() -> None:
    """Lets all graphs go: the next question makes its own anew."""
    with _LOCK:
        _GRAPHS.clear()


def _reading(facts: FactsOf, come: Sequence[Module]) -> Callable[[Module], Facts]:
    """What is read in a file: of those that come at once, of the others when they are asked for."""
    known = dict(facts(come))

    def read(module: Module) -> Facts:
        if module.oid not in known:
            known.update(facts([module]))
        return known.get(module.oid, _NOTHING)

    return read


def _kept(choose: Mapping[str, RepositoryName], scopes: Sequence[Scope], provided: Mapping[str, str]) -> _Kept:
    roots = {scope.repository: scope.root for scope in scopes}
    key = (tuple(roots.items()), tuple(sorted(provided.items())), tuple(sorted(choose.items())))
    with _LOCK:
        kept = _GRAPHS.pop(key, None) or _Kept(Graph(roots, provided, choose), {})
        _GRAPHS[key] = kept
        for oldest in list(_GRAPHS)[:-_KEPT]:
            del _GRAPHS[oldest]
    return kept


def _drop(kept: _Kept) -> None:
    with _LOCK:
        for key in [key for key, other in _GRAPHS.items() if other is kept]:
            del _GRAPHS[key]
