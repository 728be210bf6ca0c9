"""One at a time: `up`, `down`, `destroy` and `restore` of a home take turns."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def path(home: Path) -> Path:
    """The lock's file: beside the home, so that it is there before the home and after it."""
    return home.parent / f".{home.name}.lock"


@contextmanager
def turn(home: Path) -> Iterator[None]:
    """Waits for its turn, and holds it."""
    home.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path(home), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
