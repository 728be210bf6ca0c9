"""The inspection of trees, over objects in memory."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.history.trees import Inspection, Limits, Refused, Summary, parse


class Memory:
    """Objects in a dictionary; counts how often each is read."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.reads = 0

    def put(self, data: bytes) -> str:
        """Stores bytes under an id."""
        oid = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        self.data[oid] = data
        return oid

    def tree(self, *entries: tuple[str, str, str]) -> str:
        """Stores a tree of (mode, name, id)."""
        return self.put(b"".join(m.encode() + b" " + n.encode() + b"\0" + bytes.fromhex(o) for m, n, o in entries))

    def size(self, oid: str) -> int:
        return len(self.data[oid])

    def content(self, oid: str) -> bytes:
        self.reads += 1
        return self.data[oid]


def summary(memory: Memory, tree: str, limits: Limits | None = None) -> Summary:
    return Inspection(memory, {}, limits or Limits()).commit_tree(tree)


def test_a_tree_is_summed_up_with_all_that_is_under_it() -> None:
    memory = Memory()
    blob = memory.put(b"12345")
    sub = memory.tree(("100644", "one", blob), ("100755", "two", blob))
    root = memory.tree(("40000", "sub", sub), ("100644", "x", blob))
    assert summary(memory, root) == Summary(entries=4, expanded=15, depth=2, path=len("sub/one"))


def test_a_bomb_is_counted_by_reading_each_tree_once() -> None:
    memory = Memory()
    tree = memory.tree(("100644", "f", memory.put(b"x")))
    for _ in range(12):
        tree = memory.tree(*(("40000", f"{n}", tree) for n in range(10)))
    with pytest.raises(Refused, match="entries"):
        summary(memory, tree)
    assert memory.reads == 13


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(blob=4), "more than the 0 MiB of a file"),
        (Limits(expanded=14), "bytes when unpacked"),
        (Limits(entries=3), "entries"),
        (Limits(depth=1), "nested deeper"),
        (Limits(path=6), "bytes in one path"),
        (Limits(tree=10), "larger than"),
    ],
)
def test_every_bound_holds(limits: Limits, words: str) -> None:
    memory = Memory()
    blob = memory.put(b"12345")
    sub = memory.tree(("100644", "one", blob), ("100755", "two", blob))
    root = memory.tree(("40000", "sub", sub), ("100644", "x", blob))
    with pytest.raises(Refused, match=words):
        summary(memory, root, limits)


def test_a_depth_that_shared_trees_hide_is_found() -> None:
    """The deepest way may go through a tree that was met on a short way before."""
    memory = Memory()
    known: dict[str, Summary] = {}
    tree = memory.tree(("100644", "f", memory.put(b"x")))
    for _ in range(5):
        tree = memory.tree(("40000", "d", tree))
        Inspection(memory, known, Limits(depth=8)).tree(tree)
    for _ in range(2):
        tree = memory.tree(("40000", "d", tree))
    with pytest.raises(Refused):
        Inspection(memory, known, Limits(depth=7)).tree(tree)


def test_a_link_is_judged_by_where_it_stands() -> None:
    memory = Memory()
    sub = memory.tree(("120000", "link", memory.put(b"../x")))
    with pytest.raises(Refused, match="leaves the tree"):
        summary(memory, sub)
    assert summary(memory, memory.tree(("40000", "a", sub))).climb == 0


@given(
    st.lists(st.tuples(st.sampled_from([0o100644, 0o40000, 0o120000]), st.binary(min_size=1, max_size=9)), max_size=9)
)
def test_what_is_written_as_a_tree_is_read_back(entries: list[tuple[int, bytes]]) -> None:
    clean = [(mode, name.replace(b"\0", b"0")) for mode, name in entries]
    data = b"".join(f"{mode:o} ".encode() + name + b"\0" + bytes(20) for mode, name in clean)
    assert [(entry.mode, entry.name) for entry in parse(data)] == clean
