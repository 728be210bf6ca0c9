"""Waiting for long work, with its steps shown as they happen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from lampas.cli.client import Refused
from lampas.cli.session import Session

_WAIT = 20.0  # seconds that one request waits
_PAUSE = 0.2  # seconds, where an answer came back without any change
_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red")}


def wait(session: Session, accepted: Mapping[str, Any]) -> dict[str, Any]:
    """Waits for an operation and returns its result.

    Args:
        session: This run.
        accepted: What the API answered to the request: {operation: {id}}.

    Raises:
        Refused: The operation failed; with its error.
    """
    operation = int(accepted["operation"]["id"])
    shown = _Live(session.out.err) if session.out.live else _Lines(session.out.err)
    with shown:
        found = _follow(session, operation, shown)
    if found["state"] == "failed":
        error = found["error"] or {}
        raise Refused(error.get("code", "failed"), error.get("message", "it failed"), error.get("remedy", ""), 200)
    result: dict[str, Any] = found["result"]
    return result


def _follow(session: Session, operation: int, shown: _Lines | _Live) -> dict[str, Any]:
    seen = 0
    while True:
        found: dict[str, Any] = session.api.get(f"/operations/{operation}", after=seen, wait=_WAIT)
        shown.update(found)
        if found["state"] in ("done", "failed"):
            return found
        if found["seq"] <= seen:
            time.sleep(_PAUSE)
        seen = found["seq"]


class _Lines:
    """Plain lines on stderr: each step when it has ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[int] = set()

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, found: Mapping[str, Any]) -> None:
        """Says what has ended since."""
        for step in found["steps"]:
            if step["ended"] and step["seq"] not in self._said:
                self._said.add(step["seq"])
                self._console.print(_line(step))


class _Live:
    """A list of steps on a terminal, redrawn as they happen."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=10, transient=False)

    def __enter__(self) -> _Live:
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.__exit__(None, None, None)

    def update(self, found: Mapping[str, Any]) -> None:
        """Draws the steps."""
        table = Table.grid(padding=(0, 1))
        for step in found["steps"]:
            mark, colour = _MARKS.get(step["state"], ("", ""))
            first = Text(mark, style=colour) if mark else Spinner("dots")
            table.add_row(first, Text(_name(step)), Text(step["detail"], style="dim"))
        if not found["steps"]:
            table.add_row(Spinner("dots"), Text(f"{found['kind']} is waiting"))
        self._live.update(table)


def _name(step: Mapping[str, Any]) -> str:
    return f"{step['node']}: {step['name']}" if step["node"] else str(step["name"])


def _line(step: Mapping[str, Any]) -> str:
    word = "" if step["state"] == "done" else f" {step['state']}"
    detail = f": {step['detail']}" if step["detail"] else ""
    return f"{_name(step)}{word}{detail}"
