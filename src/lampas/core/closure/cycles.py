"""Circles of imports: modules that need each other before any of them is loaded."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from lampas.core.closure.adjacency import Adjacency
from lampas.core.closure.graph import Graph
from lampas.core.closure.values import Edge


@dataclass(frozen=True)
class Cycle:
    """Modules that import each other.

    Attributes:
        modules: Their names, sorted.
        shortest: The shortest circle among them, edge by edge.
        edges: All imports between them, by file and line.
    """

    modules: tuple[str, ...]
    shortest: tuple[Edge, ...]
    edges: tuple[Edge, ...]


def cycles(graph: Graph) -> list[Cycle]:
    """All circles of imports that run whenever a module is loaded, the largest first.

    Args:
        graph: Where to look.
    """
    imports = graph.imports()
    if not imports.size:
        return []
    shape = (imports.size, imports.size)
    matrix = csr_matrix((np.ones(len(imports.goals)), imports.goals, imports.starts), shape=shape)
    _, labels = connected_components(matrix, directed=True, connection="strong")
    crowded = np.flatnonzero(np.bincount(labels) > 1)
    found = [_cycle(graph, imports, np.flatnonzero(labels == label).tolist()) for label in crowded]
    return sorted(found, key=lambda one: (-len(one.modules), one.modules))


def _cycle(graph: Graph, imports: Adjacency, nodes: list[int]) -> Cycle:
    # By name, since numbers of nodes depend on what this process was asked before.
    nodes = sorted(nodes, key=lambda node: (_name(graph, node), node))
    place = {node: at for at, node in enumerate(nodes)}
    rows = {
        node: sorted((one for one in _goals(imports, node) if one in place), key=place.__getitem__) for node in nodes
    }
    edges = [_edge(graph, source, goal) for source, goals in rows.items() for goal in goals]
    return Cycle(
        tuple(_name(graph, node) for node in nodes),
        tuple(_edge(graph, source, goal) for source, goal in _shortest(rows)),
        tuple(sorted(edges, key=lambda edge: (edge.file, edge.line, edge.target))),
    )


def _goals(imports: Adjacency, node: int) -> list[int]:
    found: list[int] = imports.goals[imports.starts[node] : imports.starts[node + 1]].tolist()
    return found


def _shortest(rows: dict[int, list[int]]) -> list[tuple[int, int]]:
    """The shortest way from a node back to itself; of several, that of the node that comes first."""
    best: list[tuple[int, int]] = []
    for start in rows:
        way = _back(rows, start, len(best) or len(rows) + 1)
        if way and (not best or len(way) < len(best)):
            best = way
        if len(best) == 2:
            break
    return best


def _back(rows: dict[int, list[int]], start: int, most: int) -> list[tuple[int, int]]:
    before: dict[int, int] = {}
    waiting = deque([(start, 0)])
    while waiting:
        node, steps = waiting.popleft()
        for goal in rows[node]:
            if goal == start:
                way = [(node, goal)]
                while node != start:
                    way.append((before[node], node))
                    node = before[node]
                return way[::-1]
            if goal not in before and steps + 1 < most:
                before[goal] = node
                waiting.append((goal, steps + 1))
    return []


def _edge(graph: Graph, source: int, goal: int) -> Edge:
    reason, module = graph.reason(source, goal), graph.modules[source]
    file = module.path if module is not None else ""
    return Edge(_name(graph, source), _name(graph, goal), reason.provenance, file, reason.line, reason.rule)


def _name(graph: Graph, node: int) -> str:
    module = graph.modules[node]
    return module.name if module is not None else ""
