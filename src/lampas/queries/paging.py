"""Pages of lists: newest first, continued by the id of the last row that was seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

DEFAULT = 50
MOST = 200


def bounded(limit: int) -> int:
    """A page's size between 1 and `MOST`."""
    return max(1, min(limit, MOST))


def following(rows: Sequence[Any], limit: int) -> int | None:
    """What `before` asks for the next page; None where this one was the last."""
    if len(rows) < bounded(limit):
        return None
    last: int = rows[-1].id
    return last
