"""The terminal of whoever runs this program: whether there is one, its size, and passing on every key."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import termios
import tty
from collections.abc import Iterator
from typing import Any


def is_there() -> bool:
    """Whether both stdin and stdout are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def describe() -> dict[str, Any]:
    """Its size and kind, as the API takes them; what is usual where there is none."""
    kind = os.environ.get("TERM", "")
    plain = kind.replace(".", "").replace("_", "").replace("-", "").replace("+", "")
    usable = plain.isascii() and plain.isalnum() and kind[0].isalnum() and len(kind) <= 64
    return {**size(), "kind": kind if usable else "xterm"}


def size() -> dict[str, int]:
    """Its rows and columns now."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        now = os.get_terminal_size(sys.stdout.fileno())
        return {"rows": now.lines, "columns": now.columns}
    return {"rows": 24, "columns": 80}


class Raw:
    """Every key is passed on as it is while this is in force; what was before is put back at its end."""

    def __init__(self) -> None:
        self._handle = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._handle)

    def enter(self) -> None:
        """Takes force, at first and again after this program was stopped and goes on."""
        tty.setraw(self._handle, termios.TCSADRAIN)

    def leave(self) -> None:
        """Puts back what was."""
        termios.tcsetattr(self._handle, termios.TCSADRAIN, self._before)


@contextlib.contextmanager
def raw(*, wanted: bool) -> Iterator[Raw | None]:
    """A terminal in raw mode, where one is wanted and there."""
    if not wanted or not sys.stdin.isatty():
        yield None
        return
    made = Raw()
    made.enter()
    try:
        yield made
    finally:
        made.leave()
