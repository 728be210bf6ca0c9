"""What an application's units wrote: the last lines, and then each as it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from lampas.console.pages import page, show
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.dispatch import logs
from lampas.errors import LampasError
from lampas.queries import releases

LINES = (100, 200, 1000, 5000)
VERSIONS = 50


@page(Permission.VIEW, application="app")
def tail(request: HttpRequest, app: str) -> HttpResponse:
    """The last lines: `?release=N`, `?lines=N`, `?access=1` for what was asked of it, `?paused=1` to stand still."""
    name = AppName(app)
    versions = releases.page(name, None, VERSIONS)
    text = request.GET.get("lines", "")
    lines = int(text) if text in {str(item) for item in LINES} else LINES[1]
    values: dict[str, Any] = {
        "app": app,
        "tab": "logs",
        "versions": versions,
        "wanted": _wanted(request, app),
        "lines": lines,
        "choices": LINES,
        "paused": request.GET.get("paused") == "1",
    }
    try:
        values |= _shown(request, logs.last(values["wanted"], lines))
    except LampasError as error:
        return show(request, "apps/logs.html", {**values, "problem": error}, status=502)
    return show(request, "apps/logs.html", values)


@page(Permission.VIEW, application="app")
def more(request: HttpRequest, app: str) -> HttpResponse:
    """What was written after `?cursor=`, as the part of the page that takes the place of its last element."""
    cursor = request.GET.get("cursor", "")
    releases.standing_application(AppName(app))
    wanted = _wanted(request, app)
    try:
        found = logs.after(wanted, cursor)
    except LampasError:  # a node that restarts: ask again for the same
        found = logs.Lines([], cursor)
    return show(request, "apps/log_lines.html", {"app": app, **_shown(request, found)})


def _wanted(request: HttpRequest, app: str) -> logs.Wanted:
    text = request.GET.get("release", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
    return logs.Wanted(app, number, request.GET.get("access") == "1")


def _shown(request: HttpRequest, found: logs.Lines) -> dict[str, Any]:
    kept = {name: request.GET[name] for name in ("release", "access") if request.GET.get(name)}
    rows = [(datetime.fromtimestamp(line.time, UTC) if line.time else None, line) for line in found.lines]
    return {"rows": rows, "following": urlencode({**kept, "cursor": found.cursor})}
