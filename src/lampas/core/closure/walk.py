"""One walk over the graph: from what a definition names to everything that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lampas.core.closure.adjacency import NOBODY, Ids
from lampas.core.closure.graph import Graph
from lampas.core.closure.values import Edge
from lampas.core.modules.values import Module


@dataclass(frozen=True)
class Start:
    """One node that a definition names itself.

    Attributes:
        node: It.
        edge: The definition's own edge to it.
        certain: Whether it is named by itself, and not met by a pattern.
        given: The node that has to be reached before this one is; None for none.
    """

    node: int
    edge: Edge
    certain: bool = True
    given: int | None = None


@dataclass
class Walk:
    """What was reached, and from where first. Walks in rounds: what waits for a sign comes when the sign was reached.

    Args:
        graph: Where to walk.
        starts: Where to begin.
    """

    graph: Graph
    starts: Sequence[Start]
    before: Ids = field(init=False)
    order: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Walks to the end."""
        self.adjacency = self.graph.adjacency
        self._edges: dict[int, Edge] = {}
        self._came: dict[int, tuple[int, str]] = {}  # what a sign brought: the application's hub, and the rule
        self._declared = {start.node: start.edge for start in self.starts if start.given is not None}
        for start in self.starts:
            if start.given is None:
                self._edges.setdefault(start.node, start.edge)
        roots = list(self._edges)
        found = self.adjacency.walk(np.array(roots, dtype=np.int32))
        self.before, order = found.before.copy(), [found.order]
        self.before[roots] = self.adjacency.size
        while new := self._brought():
            found = self.adjacency.walk(np.array(roots + new, dtype=np.int32))
            fresh = found.order[self.before[found.order] == NOBODY]
            self.before[fresh] = found.before[fresh]
            roots += new
            order.append(fresh)
        self.order = np.concatenate(order).tolist()

    def _brought(self) -> list[int]:
        """Nodes that the last round's signs bring, each once."""
        new = []
        for start in self.starts:
            if start.given is not None and self.reached(start.given) and not self.reached(start.node):
                self._edges.setdefault(start.node, start.edge)
                new.append(start.node)
        for hub, joints in self.graph.joints().items():
            if not self.reached(hub):
                continue
            for joint in joints:
                (sign,) = self.graph.ids([joint.sign])
                if self.reached(sign):
                    for node in self.graph.ids(joint.needs):
                        if not self.reached(node) and node not in self._came:
                            self._came[node] = (hub, joint.rule)
                            new.append(node)
        return list(dict.fromkeys(new))

    def reached(self, node: int) -> bool:
        """Whether a node was reached."""
        return node < self.adjacency.size and bool(self.before[node] != NOBODY)

    def edge(self, node: int) -> Edge:
        """The last edge of the shortest chain to a file or a distribution that was reached."""
        edge = self._last(node)
        # What a person declared of the same module says more than that the file stands beside it.
        declared = self._declared.get(node)
        return declared if declared is not None and declared.source == edge.source else edge

    def _last(self, node: int) -> Edge:
        if node in self._edges and int(self.before[node]) >= self.adjacency.size:
            return self._edges[node]
        target = self._shown(node)
        provenance = rule = ""
        line, last = 0, node
        while True:
            if last in self._came and int(self.before[last]) >= self.adjacency.size:
                source, name = self._came[last]
                provenance, rule = provenance or "framework rule", rule or name
            else:
                source = int(self.before[last])
                if source >= self.adjacency.size:
                    return self._edges[last]
                reason = self.graph.reason(source, last)
                provenance, line = provenance or reason.provenance, reason.line
                rule = rule or reason.rule
            module = self.graph.modules[source]
            if module is not None:
                return Edge(module.name, target, provenance, module.path, line, rule)
            last = source

    def certain(self) -> set[int]:
        """The nodes that Python takes whenever the application is started: by imports at the top of modules alone."""
        mask = (self.adjacency.evidence & 1).astype(np.bool_)
        roots = [start.node for start in self.starts if start.certain and self.reached(start.node)]
        return set(self.adjacency.only(mask).walk(np.array(roots, dtype=np.int32)).order.tolist())

    def _shown(self, node: int) -> str:
        module = self.graph.modules[node]
        return module.name if module is not None else str(self.graph.name(node)).partition(" ")[2]

    def files(self) -> Iterable[tuple[int, Module]]:
        """The files that were reached, nearest first."""
        for node in self.order:
            if (module := self.graph.modules[node]) is not None:
                yield node, module

    def distributions(self) -> dict[str, Edge]:
        """The distributions that were reached, each with its edge."""
        found = {}
        for node in self.order:
            name = self.graph.name(node)
            if isinstance(name, str) and name.startswith("distribution "):
                found[name.partition(" ")[2]] = self.edge(node)
        return found


def chain(edges: Mapping[str, Edge], target: str) -> Iterable[Edge]:
    """The chain of edges that leads to a target, from the application on."""
    found: list[Edge] = []
    seen: set[str] = set()
    while (edge := edges.get(target)) is not None and target not in seen:
        seen.add(target)
        found.append(edge)
        target = edge.source
    return reversed(found)
