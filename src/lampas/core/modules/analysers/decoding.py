"""Bytes of text files that are no Python: as text, within bounds, with what was wrong about them."""

from __future__ import annotations

import codecs


def decoded(source: bytes, largest: int) -> tuple[str, tuple[str, ...]]:
    """The text of a source, and its problems; no text where it is none.

    Args:
        source: The bytes.
        largest: Bytes that are read at most.
    """
    if b"\0" in source[:8192]:
        return "", ("not read: it holds NUL bytes, so it is no text",)
    problems: tuple[str, ...] = ()
    if len(source) > largest:
        source, problems = source[:largest], (f"only its first {largest:,} bytes were read",)
    source = source.removeprefix(codecs.BOM_UTF8)
    text = source.decode(errors="replace")
    if "\ufffd" in text and not problems:
        problems = ("cannot be decoded as UTF-8",)
    return text, problems


class Lines:
    """Line numbers of positions that only grow; linear in the whole text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line, self._position = 1, 0

    def at(self, position: int) -> int:
        """The line of a position, from 1."""
        self._line += self._text.count("\n", self._position, position)
        self._position = position
        return self._line
