"""Waiting for something to become so, bounded."""

from __future__ import annotations

import time
from collections.abc import Callable

_PAUSE = 0.01  # seconds between two looks


def until(what: Callable[[], bool], seconds: float = 20.0) -> None:
    """Looks again and again until it is so; fails after the bound."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"it did not come about within {seconds:g} s"
        time.sleep(_PAUSE)
