"""Circles of imports: two modules are in one exactly if each reaches the other, whatever else is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from lampas.core.closure.cycles import Cycle, cycles
from lampas.core.closure.graph import Graph
from lampas.core.modules.values import Facts, Import, Kind, Module, When
from lampas.core.names import Oid, RepositoryName

SHOP = RepositoryName("shop")
GRAPHS = st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefgz"), max_size=4), max_size=7)


def found(imports: Mapping[str, Sequence[str]], when: When = When.ALWAYS) -> list[Cycle]:
    """The circles of modules that import others, in lines of their own."""
    modules = [Module(SHOP, f"{name}.py", name, Kind.MODULE, Oid(name)) for name in imports]
    facts = {
        Oid(name): Facts(tuple(Import(goal, (), 0, line, when) for line, goal in enumerate(goals, 1)))
        for name, goals in imports.items()
    }
    graph = Graph({SHOP: ""}, {})
    graph.change((), modules, lambda module: facts[module.oid])
    return cycles(graph)


@given(GRAPHS)
def test_two_are_in_a_circle_exactly_if_each_reaches_the_other(edges: dict[str, list[str]]) -> None:
    where = {module: index for index, one in enumerate(found(edges)) for module in one.modules}
    for one in edges:
        for other in edges.keys() - {one}:
            together = other in _reached(edges, one) and one in _reached(edges, other)
            assert (one in where and where[one] == where.get(other)) == together


@given(GRAPHS)
def test_the_shortest_circle_is_one_and_every_import_of_it_is_written(edges: dict[str, list[str]]) -> None:
    for one in found(edges):
        assert [edge.target for edge in one.shortest] == [edge.source for edge in (*one.shortest[1:], one.shortest[0])]
        assert set(one.shortest) <= set(one.edges)
        for edge in one.edges:
            assert edges[edge.source][edge.line - 1] == edge.target
            assert edge.file == f"{edge.source}.py"


def test_a_long_circle_needs_no_deep_stack() -> None:
    edges = {f"m{number}": [f"m{number + 1}"] for number in range(3000)} | {"m3000": ["m0"]}
    (one,) = found(edges)
    assert (len(one.modules), len(one.shortest)) == (3001, 3001)


def test_what_is_imported_when_somebody_calls_it_makes_no_circle() -> None:
    assert found({"a": ["b"], "b": ["a"]}, When.DEFERRED) == []
    assert found({"a": ["a"]}) == []


def _reached(edges: dict[str, list[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for other in edges.get(waiting.pop(), []):
            if other in edges and other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached
