"""Logs of applications: the last lines, and what comes after them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Router, Schema

from lampas.api.permissions import declared
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.dispatch import logs
from lampas.queries import releases

router = Router(tags=["logs"])
_MOST_LINES = 10_000
_MOST_WAIT = 20.0  # seconds
_waiting = threading.BoundedSemaphore(8)  # per process, so that waiting never takes all its threads


class LogLine(Schema):
    """One line; `source` is app, apache (the Apache around it) or access (a request)."""

    time: datetime | None
    node: str
    release: int | None
    source: str
    text: str


class Lines(Schema):
    """Lines in order of time; the cursor asks for what comes after them."""

    lines: list[str]
    rows: list[LogLine]
    cursor: str


@router.get("/applications/{app}/logs", response=Lines)
@declared(Permission.VIEW, application="app")
def index(
    request: HttpRequest,
    app: str,
    release: int | None = None,
    lines: int = 200,
    since: float = 0.0,
    cursor: str = "",
    wait: float = 0.0,
    *,
    access: bool = False,
) -> Lines:
    """What the application's units wrote; with `access` what it was asked instead.

    Without a cursor the last `lines`, not older than `since` in Unix seconds; with one what was written after it, for
    which it waits up to `wait` seconds.
    """
    releases.standing_application(AppName(app))
    wanted = logs.Wanted(app, release, access, since)
    if cursor:
        found = _after(wanted, cursor, max(0.0, min(wait, _MOST_WAIT)))
    else:
        found = logs.last(wanted, max(0, min(lines, _MOST_LINES)))
    rows = [
        LogLine(
            time=datetime.fromtimestamp(line.time, UTC) if line.time else None,
            node=line.node,
            release=line.release or None,
            source=line.source,
            text=line.text,
        )
        for line in found.lines
    ]
    return Lines(lines=[row.text for row in rows], rows=rows, cursor=found.cursor)


def _after(wanted: logs.Wanted, cursor: str, wait: float) -> logs.Lines:
    """Where too many wait already, the answer comes at once."""
    if not wait or not _waiting.acquire(blocking=False):
        return logs.after(wanted, cursor)
    try:
        return logs.after(wanted, cursor, wait)
    finally:
        _waiting.release()
