"""Two contents of a file → what a reader sees of their difference: hunks of lines with both numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT = 3
LARGEST = 6000  # lines on one side; beyond it difflib takes seconds

Kind = Literal["same", "add", "remove", "gap"]


@dataclass(frozen=True)
class Row:
    """One line: its numbers on both sides (None: not there) and its text; a gap's text says where it goes on."""

    kind: Kind
    old: int | None
    new: int | None
    text: str

    @property
    def sign(self) -> str:
        """`+`, `-` or nothing."""
        return {"add": "+", "remove": "-"}.get(self.kind, "")


@dataclass(frozen=True)
class Difference:
    """The difference of one file. `why` says in a word why there are no rows, where there are none."""

    rows: tuple[Row, ...]
    added: int
    removed: int
    why: str = ""


def compare(old: bytes | None, new: bytes | None) -> Difference:
    """Compares two contents; None: the file is not there on that side."""
    if _binary(old) or _binary(new):
        return Difference((), 0, 0, "binary")
    before, after = _lines(old), _lines(new)
    if max(len(before), len(after)) > LARGEST:
        return Difference((), 0, 0, "too long to show")
    rows = tuple(_rows(before, after))
    return Difference(
        rows,
        sum(row.kind == "add" for row in rows),
        sum(row.kind == "remove" for row in rows),
        "" if rows else "empty",
    )


def _rows(before: Sequence[str], after: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    end = 0
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(CONTEXT):
        start = group[0][1]
        if start > end or rows:
            rows.append(Row("gap", None, None, f"line {group[0][3] + 1}"))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                rows += [
                    Row("same", old_from + i + 1, new_from + i + 1, before[old_from + i])
                    for i in range(old_to - old_from)
                ]
            else:
                rows += [Row("remove", i + 1, None, before[i]) for i in range(old_from, old_to)]
                rows += [Row("add", None, i + 1, after[i]) for i in range(new_from, new_to)]
        end = group[-1][2]
    return rows


def _lines(data: bytes | None) -> list[str]:
    if not data:
        return []
    rows = data.decode(errors="replace").split("\n")
    if rows[-1] == "":
        rows.pop()
    return rows


def _binary(data: bytes | None) -> bool:
    return data is not None and b"\0" in data[:8000]
