"""Processes of a home that nobody keeps any more, found by the mark that leftovers.py puts into each environment."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from pathlib import Path

from lampas.roothelper.leftovers import MARK


def find(home: Path) -> dict[int, str]:
    """The processes that carry a mark of this home: pid → the name in the mark."""
    start = f"{MARK}={home}:".encode()
    found: dict[int, str] = {}
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit() and int(directory.name) != os.getpid():
            with contextlib.suppress(OSError):
                for entry in (directory / "environ").read_bytes().split(b"\0"):
                    if entry.startswith(start):
                        found[int(directory.name)] = entry[len(start) :].decode(errors="replace")
    return found


def end(home: Path, grace: float) -> list[int]:
    """Ends all of them: asks, waits at most `grace` seconds, then kills.

    Returns:
        The pids that were found.
    """
    ended: list[int] = []
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 10.0), (signal.SIGKILL, 10.0)):
        handles = {pid: handle for pid in find(home) if (handle := _open(pid)) is not None}
        if not handles:
            break
        still = find(home)  # a pid may have been given to somebody else before its handle was opened
        for pid, handle in handles.items():
            if pid in still:
                with contextlib.suppress(OSError):
                    signal.pidfd_send_signal(handle, number)
        ended += [pid for pid in handles if pid not in ended]
        _wait(list(handles.values()), seconds)
    return ended


def wait_for(pid: int, seconds: float) -> bool:
    """Whether a process ends within that time."""
    handle = _open(pid)
    return handle is None or _wait([handle], seconds)


def _open(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def _wait(handles: list[int], seconds: float) -> bool:
    poll, left, deadline = select.poll(), set(handles), time.monotonic() + seconds
    for handle in handles:
        poll.register(handle, select.POLLIN)
    while left and (remaining := deadline - time.monotonic()) > 0:
        for handle, _ in poll.poll(remaining * 1000):
            poll.unregister(handle)
            left.discard(handle)
    for handle in handles:
        os.close(handle)
    return not left
