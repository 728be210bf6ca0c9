"""Versions of Perl modules, as version.pm orders them, and what may be asked of one."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

_VERSION = re.compile(r"v?\d[\d._]*|v?\.\d+", re.ASCII)
_CLAUSE = re.compile(r"(==|!=|>=|<=|>|<)?\s*(\S+)")
_TESTS: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def key(version: str) -> tuple[int, ...]:
    """What orders versions: `1.5` is 1.500 and `v1.5` is 1.5.0, so the second one is older.

    Raises:
        ValueError: It is no version.
    """
    text = version.strip().replace("_", "")
    if text in ("", "undef"):
        text = "0"
    if not _VERSION.fullmatch(text):
        raise ValueError(f"{version!r} is no version of a Perl module")
    if text.startswith("v") or text.count(".") > 1:
        parts = [int(part or 0) for part in text.removeprefix("v").split(".")]
    else:
        whole, _, fraction = text.partition(".")
        padded = fraction + "0" * (-len(fraction) % 3)
        parts = [int(whole or 0), *(int(padded[at : at + 3]) for at in range(0, len(padded), 3))]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


@dataclass(frozen=True)
class Range:
    """Which versions will do: every clause, an operator and a version, holds."""

    clauses: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def read(text: str) -> Range:
        """Reads `1.2` (at least that), or `>= 1.2, < 2, != 1.5`; "" and `0` are any.

        Raises:
            ValueError: It is none.
        """
        found = []
        for clause in filter(None, (part.strip() for part in text.split(","))):
            parts = _CLAUSE.fullmatch(clause)
            if parts is None:
                raise ValueError(f"{clause!r} is no version of a Perl module")
            key(parts[2])
            if (parts[1] or ">=", key(parts[2])) != (">=", ()):
                found.append((parts[1] or ">=", parts[2]))
        return Range(tuple(found))

    def holds(self, version: str) -> bool:
        """Whether a version will do. What is no version will do where any will."""
        if not self.clauses:
            return True
        try:
            mine = key(version)
        except ValueError:
            return False
        return all(_TESTS[test](mine, key(bound)) for test, bound in self.clauses)

    def __str__(self) -> str:
        """As it is written in a requirement."""
        return ", ".join(f"{test} {bound}" for test, bound in self.clauses)
