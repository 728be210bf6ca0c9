"""How far is the long work?"""

from __future__ import annotations

import threading
import time

from django.db import connection

from lampas.store.operations import Progress, page, progress, seq_of

__all__ = ["Progress", "page", "progress", "wait"]

LONGEST = 25.0  # seconds that one request may wait
_INTERVAL = 0.015  # seconds between two looks
_WAITING = threading.BoundedSemaphore(8)  # per process, so that waiting never takes all its threads


def wait(operation: int, after: int, seconds: float) -> Progress:
    """The progress of an operation, as soon as its `seq` is above `after`, or after so many seconds.

    Args:
        operation: Its id.
        after: The `seq` that the caller has seen; below 1: none.
        seconds: How long to wait at most; cut to `LONGEST`. Where too many wait already, the answer comes at once.

    Raises:
        NotFound: No such operation.
    """
    found = progress(operation)
    if found.seq > after or seconds <= 0 or not _WAITING.acquire(blocking=False):
        return found
    try:
        end = time.monotonic() + min(seconds, LONGEST)
        while time.monotonic() < end:
            time.sleep(_INTERVAL)
            if seq_of(operation) > after:
                return progress(operation)
        return progress(operation)
    finally:
        _WAITING.release()
        connection.close_if_unusable_or_obsolete()
