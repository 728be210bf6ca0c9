"""Circles in a graph: every node is in exactly one component, and two are together if each reaches the other."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

GRAPHS = st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefgz"), max_size=4), max_size=7)


@given(GRAPHS)
def test_two_are_together_exactly_if_each_reaches_the_other(django: Path, edges: dict[str, list[str]]) -> None:
    from lampas.queries.graph import components

    parts = components(edges)
    assert sorted(node for part in parts for node in part) == sorted(edges)
    where = {node: index for index, part in enumerate(parts) for node in part}
    for one in edges:
        for other in edges:
            together = other in _reached(edges, one) and one in _reached(edges, other)
            assert (where[one] == where[other]) == (together or one == other)


def test_a_long_chain_needs_no_deep_stack(django: Path) -> None:
    from lampas.queries.graph import components

    edges = {str(number): [str(number + 1)] for number in range(20_000)}
    edges["20000"] = ["0"]
    assert [len(part) for part in components(edges)] == [20_001]


def _reached(edges: dict[str, list[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for other in edges.get(waiting.pop(), []):
            if other in edges and other not in found:
                found.add(other)
                waiting.append(other)
    return found
