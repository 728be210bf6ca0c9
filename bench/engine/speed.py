"""How long the engine takes: a first index, an unchanged one, a commit of one file, a walk, an impact."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "src")]

import numpy as np  # noqa: E402
from spread import spread  # noqa: E402

from lampas.core.closure.graph import Graph  # noqa: E402
from lampas.core.closure.scope import Scope, changed, difference  # noqa: E402
from lampas.core.history.values import TreeEntry  # noqa: E402
from lampas.core.modules.analysers.choice import analyser_of  # noqa: E402
from lampas.core.modules.tree import modules  # noqa: E402
from lampas.core.modules.values import Facts, Import, Module  # noqa: E402
from lampas.core.names import Oid, RepositoryName  # noqa: E402

MODULES = 100_000
NEEDED = 5  # by each
APPLICATIONS = 1000
ROUNDS = 15
BIG = RepositoryName("big")


def _name(number: int) -> str:
    return f"p{number % 100}.q{number // 100 % 100}.m{number}"


def _path(number: int) -> str:
    return _name(number).replace(".", "/") + ".py"


def large() -> dict[str, Any]:
    """A graph of 100,000 modules and 500,000 edges: made, walked, changed by one file, asked backwards."""
    chance = np.random.default_rng(4)
    needed = chance.integers(0, MODULES, (MODULES, NEEDED)).tolist()
    entries = {_path(n): TreeEntry(_path(n), Oid(f"{n:040x}"), 0o100644, 1) for n in range(MODULES)}
    facts = {
        Oid(f"{n:040x}"): Facts(tuple(Import(_name(goal), (), 0, line) for line, goal in enumerate(needed[n], 1)))
        for n in range(MODULES)
    }
    scope = Scope(BIG, "", modules(BIG, entries), dict.fromkeys(entries, 33188))
    graph = Graph({BIG: ""}, {})
    begun = time.process_time()
    graph.change((), scope.modules, lambda module: facts[module.oid])
    made = time.process_time() - begun
    roots = np.array(graph.ids([(BIG, _path(7))]), dtype=np.int32)
    graph.adjacency.walk(roots)
    reached = len(graph.adjacency.walk(roots).order)
    walks = _timed(lambda _: graph.adjacency.walk(roots))
    starts = chance.integers(0, MODULES, APPLICATIONS)
    graph.adjacency.walk_back(roots)
    impacts = _timed(lambda n: _impact(graph, n, starts))

    def commit(number: int, *, named: bool) -> None:
        nonlocal scope
        path = f"p{number}/fresh{number}.py" if named else _path(number)
        oid = Oid(f"{MODULES + number + 1:040x}")
        facts[oid] = Facts((Import(_name(number + 1), (), 0, 1), Import(_name(number + 2), (), 0, 2)))
        later = changed(scope, {path: TreeEntry(path, oid, 0o100644, 1)})
        gone, come = difference(scope, later)
        graph.change(gone, come, lambda module: facts[module.oid])
        scope = later

    edited = _timed(lambda n: commit(n, named=False))
    added = _timed(lambda n: commit(n, named=True))
    return {
        "modules": MODULES,
        "edges": int(graph.adjacency.goals.size),
        "made_core_s": round(made, 2),
        "reached": reached,
        "closure_ms": walks,
        "impact_of_one_change_over_1000_applications_ms": impacts,
        "commit_of_one_file_ms": edited,
        "commit_of_a_new_file_ms": added,
    }


def _impact(graph: Graph, number: int, starts: np.ndarray[Any, Any]) -> int:
    roots = np.array(graph.ids([(BIG, _path(number))]), dtype=np.int32)
    walked = graph.adjacency.walk_back(roots)
    return int(np.isin(starts, walked.order).sum())


def _timed(run: Callable[[int], object]) -> dict[str, float]:
    taken = []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        run(number)
        taken.append((time.perf_counter() - begun) * 1000)
    return spread(taken, 2)


def index(tree: Path) -> dict[str, Any]:
    """The first index of a source tree, and the graph again from facts that are known; the database is apart.

    Seconds of one core, which other work on the machine does not stretch as much as it does those of the clock.
    """
    files = {str(path.relative_to(tree)): path for path in sorted(tree.rglob("*")) if path.is_file()}
    contents = {path: file.read_bytes() for path, file in files.items()}
    entries = {path: TreeEntry(path, Oid(path), 0o100644, 0) for path in files}
    facts: dict[Oid, Facts] = {}
    begun = time.process_time()
    found = modules(BIG, entries)
    for module in found:
        if (analyser := analyser_of(module)) is not None:
            facts[module.oid] = analyser.analyse(contents[module.path], module.path.rpartition("/")[2])
    read = time.process_time() - begun
    _graph(found, facts)
    first = time.process_time() - begun
    begun = time.process_time()
    _graph(modules(BIG, entries), facts)
    return {
        "python_files": sum(path.endswith(".py") for path in files),
        "analysed_core_s": round(read, 2),
        "first_index_core_s": round(first, 2),
        "graph_from_known_facts_core_s": round(time.process_time() - begun, 2),
    }


def _graph(found: tuple[Module, ...], facts: dict[Oid, Facts]) -> Graph:
    graph, nothing = Graph({BIG: ""}, {}), Facts()
    graph.change((), found, lambda module: facts.get(module.oid, nothing))
    return graph
