"""The graph of the repositories in scope: who needs what, kept in memory and brought up to date change by change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from lampas.core.closure.adjacency import Adjacency
from lampas.core.closure.files import FileTable, Place
from lampas.core.closure.needs import Goal, Joint, Needs, Nowhere, Row
from lampas.core.modules.nametable import NameTable
from lampas.core.modules.resolution import Resolver
from lampas.core.modules.tree import clean_root
from lampas.core.modules.values import Facts, Module
from lampas.core.names import RepositoryName

FactsOf = Callable[[Module], Facts]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Reason:
    """Why an edge is there: its provenance, its rule, its line, and whether Python itself always takes this way."""

    provenance: str
    rule: str
    line: int
    certain: bool


class Graph:
    """All files in scope, and hubs between them, as numbered nodes.

    Args:
        roots: Where module names start in each repository, in order: the first is the application's own.
        provided: Import prefix → distribution.
        chosen: Name → the repository that was chosen for it.

    Attributes:
        table: The names in scope.
        files: The files in scope.
        modules: The file of each node; None for hubs, and for files that are gone.
        version: Grows with every change.
    """

    def __init__(
        self,
        roots: Mapping[RepositoryName, str],
        provided: Mapping[str, str],
        chosen: Mapping[str, RepositoryName] | None = None,
    ) -> None:
        self.table = NameTable([], chosen)
        for repository in roots:
            self.table.order(repository)
        self.files = FileTable({name: clean_root(root) for name, root in roots.items()})
        self.resolver = Resolver(self.table, provided)
        self.modules: list[Module | None] = []
        self.version = 0
        self._needs = Needs(self.table, self.files, self.resolver)
        self._ids: dict[Goal, int] = {}
        self._names: list[Goal] = []
        self._asking: dict[str, set[int]] = {}
        self._nowhere: dict[int, tuple[Nowhere, ...]] = {}
        self._joints: dict[int, tuple[Joint, ...]] = {}
        self._problems: dict[int, tuple[str, ...]] = {}
        self._evidence: dict[tuple[str, str], int] = {}
        self._words: list[tuple[str, str]] = []
        self._adjacency = Adjacency.of([])
        self._hubs_waiting: list[int] = []

    @property
    def adjacency(self) -> Adjacency:
        """Its edges now. A later change makes new ones, so what was taken stays as it was."""
        return self._adjacency

    def change(self, gone: Iterable[Module], come: Sequence[Module], facts: FactsOf) -> None:
        """Takes files out and in. A file whose content changed is in both.

        Args:
            gone: Files as they were.
            come: Files as they are.
            facts: What is read in a file.
        """
        changed: set[str] = set()
        before = {(module.repository, module.path): module for module in gone}
        after = {(module.repository, module.path): module for module in come}
        for place, module in before.items():
            if place not in after or (after[place].name, after[place].kind) != (module.name, module.kind):
                changed.update(self.table.remove(module), self.files.remove(module))
                changed |= self._needs.declare(module, Facts())
        for place, module in after.items():
            old = before.get(place)
            if old is None or (old.name, old.kind) != (module.name, module.kind):
                changed.update(self.table.add(module), self.files.add(module))
            else:
                self.table.replace(module)
                self.files.replace(module)
        dirty = self._needs.forget(changed)
        dirty |= {self._id(place) for place in before.keys() | after.keys()}
        for place in before.keys() - after.keys():
            self.modules[self._ids[place]] = None
        for place, module in after.items():
            self.modules[self._ids[place]] = module
            changed |= self._needs.declare(module, facts(module))
        for name in changed:
            dirty |= self._asking.pop(name, set())
        self._resolve(dirty, facts)
        self.version += 1

    def _resolve(self, dirty: set[int], facts: FactsOf) -> None:
        rows: dict[int, tuple[list[int], list[int]]] = {}
        waiting = sorted(dirty)
        while waiting:
            for node in waiting:
                rows[node] = self._row(node, facts)
            waiting, self._hubs_waiting = self._hubs_waiting, []
        size = len(self._names)
        if len(rows) > size // 4:
            every = [rows.get(node) or self._known_row(node) for node in range(size)]
            self._adjacency = Adjacency.of(every)
        else:
            self._adjacency = self._adjacency.replaced(rows, size)

    def _known_row(self, node: int) -> tuple[list[int], list[int]]:
        old = self._adjacency
        if node >= old.size:
            return [], []
        begin, end = int(old.starts[node]), int(old.starts[node + 1])
        return old.goals[begin:end].tolist(), old.evidence[begin:end].tolist()

    def _row(self, node: int, facts: FactsOf) -> tuple[list[int], list[int]]:
        name, module = self._names[node], self.modules[node]
        row = Row()
        problems: tuple[str, ...] = ()
        if isinstance(name, str):
            row = self._needs.of_hub(name)
        elif module is not None:
            read = facts(module)
            problems = read.problems
            row = self._needs.of(module, read)
        for asked in row.asked:
            self._asking.setdefault(asked, set()).add(node)
        for answer in row.answers:
            answer.users.add(node)
        _keep(self._nowhere, node, row.nowhere)
        _keep(self._joints, node, row.joints)
        _keep(self._problems, node, problems)
        for joint in row.joints:
            self._id(joint.sign)
        goals = [self._id(need.goal) for need in row.needs]
        why = [
            (need.line << 17) | (self._word(need.provenance, need.rule) << 1) | int(need.certain) for need in row.needs
        ]
        return goals, why

    def _word(self, provenance: str, rule: str) -> int:
        found = self._evidence.get((provenance, rule))
        if found is None:
            found = self._evidence[provenance, rule] = len(self._words)
            self._words.append((provenance, rule))
        return found

    def _id(self, name: Goal) -> int:
        found = self._ids.get(name)
        if found is None:
            found = self._ids[name] = len(self._names)
            self._names.append(name)
            self.modules.append(None)
            if isinstance(name, str) and not name.startswith("distribution "):
                self._hubs_waiting.append(found)
        return found

    def node(self, place: Place) -> int | None:
        """The node of a file that is in scope."""
        found = self._ids.get(place)
        return found if found is not None and self.modules[found] is not None else None

    def name(self, node: int) -> Goal:
        """What a node is: a file's place, a hub, or `distribution NAME`."""
        return self._names[node]

    def reason(self, source: int, goal: int) -> Reason:
        """Why one node needs another."""
        number = self.adjacency.why(source, goal)
        provenance, rule = self._words[(number >> 1) & 0xFFFF]
        return Reason(provenance, rule, number >> 17, bool(number & 1))

    def imports(self) -> Adjacency:
        """Its nodes with those edges alone that are imports which run whenever a module is loaded."""
        evidence = self.adjacency.evidence
        words = [number for number, (provenance, _) in enumerate(self._words) if provenance == "import"]
        return self.adjacency.only((evidence & 1).astype(np.bool_) & np.isin((evidence >> 1) & 0xFFFF, words))

    def nowhere_of(self, nodes: set[int]) -> Iterator[tuple[int, Nowhere]]:
        """Imports of some files that lead nowhere."""
        for node in sorted(self._nowhere.keys() & nodes):
            yield from ((node, found) for found in self._nowhere[node])

    def problems_of(self, nodes: set[int]) -> Iterator[tuple[int, str]]:
        """What could not be read in some files."""
        for node in sorted(self._problems.keys() & nodes):
            yield from ((node, problem) for problem in self._problems[node])

    def joints(self) -> Mapping[int, tuple[Joint, ...]]:
        """What comes with applications once a sign is given, by the application's hub."""
        return self._joints

    def ids(self, goals: Iterable[Goal]) -> list[int]:
        """The nodes of some goals; those that are unknown are left out."""
        return [self._ids[goal] for goal in goals if goal in self._ids]


def _keep(kept: dict[int, tuple[Value, ...]], node: int, values: Sequence[Value]) -> None:
    if values:
        kept[node] = tuple(values)
    else:
        kept.pop(node, None)
