"""Edges of a graph as three flat arrays: walked in milliseconds, changed row by row by copying what stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

Ids = NDArray[np.int32]
NOBODY = -9999  # scipy's word for a node that nothing leads to


@dataclass(frozen=True)
class Walked:
    """What a walk reached.

    Attributes:
        order: The nodes in the order in which they were reached, nearest first.
        before: For each node, from which it was reached first; `NOBODY` where it was not; the number of nodes itself
            for those that the walk began at.
    """

    order: Ids
    before: Ids


@dataclass(frozen=True)
class Adjacency:
    """Who needs whom: the goals of node n are `goals[starts[n]:starts[n + 1]]`.

    Attributes:
        starts: One more than there are nodes.
        goals: The needed nodes.
        evidence: A number for each edge that says why.
    """

    starts: Ids
    goals: Ids
    evidence: NDArray[np.int64]

    @staticmethod
    def of(rows: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Adjacency:
        """The arrays of some rows, given as (goals, evidence)."""
        starts = np.zeros(len(rows) + 1, dtype=np.int32)
        np.cumsum([len(goals) for goals, _ in rows], out=starts[1:])
        goals: list[int] = []
        evidence: list[int] = []
        for some, why in rows:
            goals += some
            evidence += why
        return Adjacency(starts, np.array(goals, dtype=np.int32), np.array(evidence, dtype=np.int64))

    @property
    def size(self) -> int:
        """How many nodes it has."""
        return len(self.starts) - 1

    def replaced(self, rows: Mapping[int, tuple[Sequence[int], Sequence[int]]], size: int) -> Adjacency:
        """The arrays with other rows for some nodes, and room for new ones at the end.

        Args:
            rows: The new rows, by node.
            size: How many nodes there are now.
        """
        counts = np.zeros(size, dtype=np.int32)
        counts[: self.size] = np.diff(self.starts)
        goals: list[Ids] = []
        evidence: list[NDArray[np.int64]] = []
        at = 0
        for node in sorted(rows):
            counts[node] = len(rows[node][0])
            begin, end = (self.starts[node], self.starts[node + 1]) if node < self.size else (len(self.goals),) * 2
            goals += [self.goals[at:begin], np.array(rows[node][0], dtype=np.int32)]
            evidence += [self.evidence[at:begin], np.array(rows[node][1], dtype=np.int64)]
            at = int(end)
        starts = np.zeros(size + 1, dtype=np.int32)
        np.cumsum(counts, out=starts[1:])
        return Adjacency(
            starts,
            np.concatenate([*goals, self.goals[at:]]),
            np.concatenate([*evidence, self.evidence[at:]]),
        )

    def walk(self, roots: Ids) -> Walked:
        """Everything that some nodes lead to, by the shortest way.

        Args:
            roots: Where it begins.
        """
        return _walk(self.starts, self.goals, self._ones, roots)

    def walk_back(self, roots: Ids) -> Walked:
        """Everything that leads to some nodes."""
        starts, goals = self._reverse
        return _walk(starts, goals, self._ones, roots)

    def only(self, mask: NDArray[np.bool_]) -> Adjacency:
        """The same nodes with those edges alone that a mask over edges picks."""
        kept = np.concatenate(([0], np.cumsum(mask, dtype=np.int32)))
        return Adjacency(kept[self.starts].astype(np.int32), self.goals[mask], self.evidence[mask])

    def why(self, source: int, goal: int) -> int:
        """The evidence of an edge.

        Raises:
            KeyError: There is none.
        """
        begin, end = int(self.starts[source]), int(self.starts[source + 1])
        at = np.flatnonzero(self.goals[begin:end] == goal)
        if not len(at):
            raise KeyError((source, goal))
        return int(self.evidence[begin + int(at[0])])

    @cached_property
    def _ones(self) -> NDArray[np.float64]:
        # scipy converts any other type at every walk, which takes twice as long as the walk.
        return np.ones(len(self.goals) + self.size + 1)

    @cached_property
    def _reverse(self) -> tuple[Ids, Ids]:
        sources = np.repeat(np.arange(self.size, dtype=np.int32), np.diff(self.starts))
        order = np.argsort(self.goals, kind="stable")
        starts = np.zeros(self.size + 1, dtype=np.int32)
        np.cumsum(np.bincount(self.goals, minlength=self.size), out=starts[1:])
        return starts, sources[order]


def _walk(starts: Ids, goals: Ids, ones: NDArray[np.float64], roots: Ids) -> Walked:
    size = len(starts) - 1
    # One more node, from which the roots are one step away: then one walk begins at all of them.
    starts = np.append(starts, np.int32(len(goals) + len(roots)))
    goals = np.concatenate((goals, roots))
    matrix = csr_matrix((ones[: len(goals)], goals, starts), shape=(size + 1, size + 1), copy=False)
    order, before = breadth_first_order(matrix, size, return_predecessors=True)
    return Walked(order[1:].astype(np.int32, copy=False), before[:size].astype(np.int32, copy=False))
