"""Strings appended to an array of a TOML text, everything else as it stands."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence

_HEADER = re.compile(r"\s*\[\[?[\w\"'. -]+\]\]?\s*(?:#.*)?")


def with_items(text: str, header: str, key: str, items: Sequence[str]) -> str | None:
    """The text with more strings at the end of an array of a table; the array is made if it is missing.

    Args:
        text: TOML.
        header: A pattern of the table's header, without its brackets.
        key: The array's key, bare.
        items: What to append.

    Returns:
        The changed text; None where it is written in a way that only a person can change. The caller parses it again
        and compares: this looks at lines, not at all of TOML.
    """
    lines = text.split("\n")
    opening = re.compile(rf"\s*\[\s*{header}\s*\]\s*(?:#.*)?")
    at = next((number for number, line in enumerate(lines) if opening.fullmatch(line)), None)
    if at is None:
        return None
    end = next((n for n in range(at + 1, len(lines)) if _HEADER.fullmatch(lines[n])), None)
    place = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    first = next((n for n in range(at + 1, end or len(lines)) if place.match(lines[n])), None)
    if first is None:
        return "\n".join([*lines[: at + 1], f"{key} = {_array(items)}", *lines[at + 1 :]])
    last = _last(lines, first)
    if last is None:
        return None
    before, bracket, after = "\n".join(lines[first : last + 1]).rpartition("]")
    if not bracket or after.partition("#")[0].strip():
        return None
    return "\n".join([*lines[:first], _appended(before, items) + "]" + after, *lines[last + 1 :]])


def _last(lines: Sequence[str], first: int) -> int | None:
    """The line on which the value that begins on `first` ends."""
    for last in range(first, len(lines)):
        try:
            tomllib.loads("\n".join(lines[first : last + 1]))
        except tomllib.TOMLDecodeError:
            continue
        return last
    return None


def _appended(before: str, items: Sequence[str]) -> str:
    """An array without its closing bracket, with more items: each on a line of its own where the others are."""
    code = before.rstrip()
    comma = "" if code.endswith(("[", ",")) else ","
    if "\n" not in before:
        space = "" if code.endswith("[") else " "
        return code + comma + space + ", ".join(json.dumps(item, ensure_ascii=False) for item in items)
    indent = re.match(r"\s*", before.split("\n")[1])
    margin = (indent[0] if indent else "") or "    "
    added = "".join(f"\n{margin}{json.dumps(item, ensure_ascii=False)}," for item in items)
    return code + comma + added + "\n"


def _array(items: Sequence[str]) -> str:
    return "[" + ", ".join(json.dumps(item, ensure_ascii=False) for item in items) + "]"
