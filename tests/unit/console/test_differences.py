"""Differences of files: what a reader sees is the truth about both sides."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lampas.console.differences import LARGEST, compare

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "  d"]), max_size=30)


def _bytes(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@given(LINES, LINES)
def test_rows_tell_both_sides_where_they_stand(old: list[str], new: list[str]) -> None:
    rows = [row for row in compare(_bytes(old), _bytes(new)).rows if row.kind != "gap"]
    for row in rows:
        assert row.old is None or old[row.old - 1] == row.text
        assert row.new is None or new[row.new - 1] == row.text
        assert (row.old is None) == (row.kind == "add")
        assert (row.new is None) == (row.kind == "remove")


@given(LINES, LINES)
def test_the_rows_turn_the_old_file_into_the_new_one(old: list[str], new: list[str]) -> None:
    found = compare(_bytes(old), _bytes(new))
    removed = {row.old for row in found.rows if row.kind == "remove"}
    kept = [line for number, line in enumerate(old, 1) if number not in removed]
    added = {row.new: row.text for row in found.rows if row.kind == "add"}
    for number in sorted(number for number in added if number is not None):
        kept.insert(number - 1, added[number])
    assert kept == new
    assert (found.added, found.removed) == (len(added), len(removed))


def test_a_file_that_came_or_went_is_all_added_or_removed() -> None:
    assert [(row.sign, row.text) for row in compare(None, b"a\nb\n").rows] == [("+", "a"), ("+", "b")]
    assert [(row.sign, row.text) for row in compare(b"a", None).rows] == [("-", "a")]


def test_what_cannot_be_shown_says_why() -> None:
    assert compare(b"\0", b"a").why == "binary"
    assert compare(b"a\n", b"a\n").why == "empty"
    assert compare(b"x\n" * (LARGEST + 1), b"").why == "too long to show"
    assert compare(b"\xff\n", b"\xfe\n").added in (0, 1)
