"""What the units of an application wrote, or what it was asked, from all its nodes in order of time.

Where a reader stands travels with it: a cursor holds one of each node's own, so any process of the console goes on.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lampas.dispatch import nodes
from lampas.errors import InvalidInput

_MOST_CURSOR = 1 << 18  # characters
_TURN = 1.0  # seconds that one of several nodes is waited for


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to read: of one release or of all (None), requests instead of what was written, and what is
    not older than Unix seconds `since`."""

    app: str
    release: int | None = None
    access: bool = False
    since: float = 0.0


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        time: Unix seconds; 0.0 where it does not say when.
        node: Where.
        release: Its number; 0 where it does not say which.
        source: "app", "apache" (the Apache around it) or "access" (a request).
        text: What it says.
    """

    time: float
    node: str
    release: int
    source: str
    text: str


@dataclass(frozen=True)
class Lines:
    """Lines in order of time, and where the reader stands now."""

    lines: list[Line]
    cursor: str


def last(wanted: Wanted, most: int) -> Lines:
    """The last lines.

    Raises:
        Unreachable: A node does not answer.
    """
    found: list[Line] = []
    cursors: dict[str, str] = {}
    for node in nodes.with_role("appserver"):
        answer = nodes.connect(node).logs({**_query(wanted), "lines": str(most)})
        cursors[node.name] = str(answer["cursor"])
        found += _lines(node.name, answer)
    return Lines(_ordered(found)[-most:] if most else [], _written(cursors))


def after(wanted: Wanted, cursor: str, wait: float = 0.0) -> Lines:
    """The lines since a cursor, and for `wait` seconds those that are still to come.

    Raises:
        InvalidInput: The cursor is none.
        Unreachable: A node does not answer.
    """
    before = _read(cursor)
    found: list[Line] = []
    cursors = dict(before)
    rows = nodes.with_role("appserver")
    for node in rows:
        turn = wait if len(rows) == 1 else min(wait, _TURN)
        known = {"cursor": before[node.name]} if node.name in before else {"lines": "0"}
        answer = nodes.connect(node).logs({**_query(wanted), **known, "wait": str(0.0 if found else turn)})
        cursors[node.name] = str(answer["cursor"])
        found += _lines(node.name, answer)
    return Lines(_ordered(found), _written(cursors))


def _query(wanted: Wanted) -> dict[str, str]:
    query = {"app": wanted.app, "since": str(wanted.since)}
    if wanted.release is not None:
        query["release"] = str(wanted.release)
    return {**query, "access": "1"} if wanted.access else query


def _lines(node: str, answer: Mapping[str, Any]) -> list[Line]:
    """What a node told; it is data, and each value is made what it should be."""
    rows = answer["rows"]
    return [
        Line(float(row["time"]), node, int(row["release"]), str(row["source"])[:16], str(row["text"])) for row in rows
    ]


def _ordered(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.time)


def _written(cursors: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(dict(cursors)).encode()).decode()


def _read(cursor: str) -> dict[str, str]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor)) if len(cursor) <= _MOST_CURSOR else None
    except (ValueError, binascii.Error):
        raw = None
    if not isinstance(raw, dict) or not all(isinstance(each, str) for each in raw.values()):
        raise InvalidInput("the cursor is none that was given out", "read from the end: leave it out")
    return raw
