"""Waits until a unit serves: until every one of its daemon processes has answered once."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable

from lampas.core.nodestate import Unit
from lampas.errors import Failed

_PAUSE = 0.005  # seconds between two questions
_PATIENCE = 2.0  # seconds for one question: it waits while the application is imported, or for ever at another program
_LISTENING = 0.5  # seconds without an answer of its own after which it is asked why
_HEADER = re.compile(rb"\r\nlampas-process: *([0-9]+)\r\n", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")


def wait(unit: Unit, why_not: Callable[[], str], last_words: Callable[[], str]) -> int:
    """Waits until the unit serves; returns how many processes answered.

    Args:
        unit: The unit.
        why_not: What its Apache said that does not come up; "" while it may still come.
        last_words: What the application wrote.

    Raises:
        Failed: Its Apache does not start, the application's import fails, or the time is up.
    """
    deadline = time.monotonic() + unit.ready.seconds
    ask_why = time.monotonic() + _LISTENING
    pids: set[int] = set()
    while (left := deadline - time.monotonic()) > 0:
        status, pid = ask(unit, min(left, _PATIENCE))
        if status == 500:
            raise Failed(f"{unit.name} does not start:\n{last_words()}", "mend the application and build again")
        if pid and status < 500:
            pids.add(pid)
            if len(pids) >= unit.ready.processes:
                return len(pids)
        if not pid and time.monotonic() > ask_why:
            ask_why = time.monotonic() + _LISTENING
            if said := why_not():
                raise Failed(f"{unit.name} does not start: {said}", "see: lampas logs")
        time.sleep(_PAUSE)
    answered = f"{len(pids)} of {unit.ready.processes} processes answered" if pids else "nothing answered"
    raise Failed(
        f"{unit.name} does not serve: {answered} within {unit.ready.seconds:g} s\n{last_words()}".rstrip(),
        "see what it wrote: lampas logs",
    )


def ask(unit: Unit, seconds: float) -> tuple[int, int]:
    """One question; returns its status (0: nobody listens) and the pid that answered (0: none said)."""
    request = (
        f"GET {unit.ready.path} HTTP/1.1\r\nHost: {unit.ready.host}\r\nLampas-Front: {unit.ready.key}\r\n"
        "Lampas-Ready: 1\r\nConnection: close\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", unit.port), timeout=seconds) as client:
            client.sendall(request.encode())
            answer = b""
            while b"\r\n\r\n" not in answer and len(answer) < 65536:
                data = client.recv(65536)
                if not data:
                    break
                answer += data
    except OSError:
        return 0, 0
    status, pid = _STATUS.match(answer), _HEADER.search(answer)
    return int(status[1]) if status else 0, int(pid[1]) if pid else 0
