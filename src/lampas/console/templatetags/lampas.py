"""What templates say in one word: icons, ages, states, shares of traffic, sizes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from lampas.console import assets
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.queries.health import Unit
from lampas.store.operations import Progress

register = template.Library()

_SPRITE = "console/icons.svg"
_OID = re.compile("[0-9a-f]{40}")

TONES = {
    "good": ("live", "ready", "running", "done", "verified", "ok", "applied"),
    "busy": ("starting", "joining", "waiting", "draining", "busy", "started"),
    "warn": ("unknown", "drift", "unresolved"),
    "bad": ("failed", "unreachable", "denied", "stopped unexpectedly"),
}
SIGNS = {"good": "check", "busy": "clock", "warn": "dot", "bad": "cross", "": "dot"}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An inline icon that screen readers skip."""
    sprite = assets.address(_SPRITE)
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>', extra, sprite, name)


@register.simple_tag
def asset(name: str) -> str:
    """The URL of a static file."""
    return assets.address(name)


@register.simple_tag
def state(word: str, kind: str = "") -> SafeString:
    """A state: colour, sign and word. A running process is good; a running operation is busy (`kind` "operation")."""
    tone = next((tone for tone, words in TONES.items() if word in words), "")
    if kind == "operation" and word == "running":
        tone = "busy"
    sign = "spinner" if tone == "busy" and word in ("running", "starting") else SIGNS[tone]
    extra = "spin" if sign == "spinner" else ""
    return format_html('<span class="state {}">{}{}</span>', tone, icon(sign, extra), word)


@register.filter
def age(when: datetime | None) -> SafeString:
    """`3 min ago`, with the exact time for those who point at it."""
    if when is None:
        return SafeString("never")
    exact = when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        when.isoformat(),
        exact,
        _ago((datetime.now(UTC) - when).total_seconds()),
    )


def _ago(seconds: float) -> str:
    if seconds < -5:
        return f"in {_span(-seconds)}"
    return "just now" if seconds < 5 else f"{_span(seconds)} ago"


def _span(seconds: float) -> str:
    for size, unit in ((86400 * 365, "y"), (86400 * 30, "mo"), (86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


@register.simple_tag
def took(start: datetime | None, end: datetime | None = None) -> str:
    """How long something took, or has taken so far: `40 ms`, `1.4 s`, `12 s`, `3 min 20 s`."""
    if start is None:
        return ""
    seconds = ((end or datetime.now(UTC)) - start).total_seconds()
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 100 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


@register.filter
def short(oid: str | None) -> str:
    """The first digits of an object id or digest."""
    return (oid or "")[:8]


@register.filter
def size(count: int | None) -> str:
    """Bytes as people read them."""
    value = float(count or 0)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


@register.simple_tag
def shares(table: Mapping[Any, int]) -> SafeString:
    """A bar of traffic, by version; the text beside it says the same."""
    label = ", ".join(f"version {number}: {percent} %" for number, percent in table.items() if percent)
    x, bars = 0, []
    for index, (_number, percent) in enumerate(item for item in table.items() if item[1]):
        gap = 0.6 if x else 0
        bars.append(
            format_html(
                '<rect class="s{}" x="{}%" width="{}%" height="8"/>', index % 4 + 1, x + gap, max(percent - gap, 0.4)
            )
        )
        x += percent
    return format_html(
        '<svg class="shares" role="img" aria-label="{}">{}</svg>',
        label or "no traffic",
        mark_safe("".join(bars)),  # noqa: S308 - made by format_html above
    )


@register.simple_tag
def swatch(index: int) -> SafeString:
    """The colour of the index-th share (from 0), for the key beside the bar."""
    return format_html('<svg aria-hidden="true"><rect class="s{}" width="9" height="9"/></svg>', index % 4 + 1)


@register.simple_tag(takes_context=True)
def query(context: Mapping[str, Any], **changes: Any) -> str:
    """The page's own query string with some parameters changed; None drops one."""
    request: HttpRequest = context["request"]
    values = request.GET.copy()
    for name, value in changes.items():
        values.pop(name, None)
        if value not in (None, ""):
            values[name] = str(value)
    return f"?{values.urlencode()}" if values else "?"


@register.simple_tag(takes_context=True)
def may(context: Mapping[str, Any], permission: str, application: str = "") -> bool:
    """Whether the viewer holds a permission."""
    viewer: Actor | None = context.get("viewer")
    return viewer is not None and viewer.may(Permission(permission), AppName(application) if application else None)


@register.filter
def lookup(values: Mapping[str, Any], name: str) -> Any:
    """One value of a mapping."""
    return values.get(name, "") if isinstance(values, Mapping) else ""


@register.filter
def basename(path: str) -> str:
    """The last part of a path."""
    return path.rsplit("/", 1)[-1]


@register.filter
def firstline(text: str) -> str:
    """The subject of a commit message."""
    return text.strip().split("\n", 1)[0]


@register.filter
def pathquote(text: str) -> str:
    """A path for a URL: slashes stay."""
    return quote(text, safe="/")


@register.inclusion_tag("console/parts/curl.html", takes_context=True)
def curl(context: Mapping[str, Any], method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The same action as a call of the API, to copy. The token is named, never shown."""
    request: HttpRequest = context["request"]
    words = [f"curl -X {method} {request.scheme}://{request.get_host()}/api/v1{path}"]
    words.append('-H "Authorization: Bearer $LAMPAS_TOKEN"')
    if body is not None:
        text = json.dumps(body).replace("'", "'\\''")
        words += ['-H "Content-Type: application/json"', f"-d '{text}'"]
    return {"text": " \\\n  ".join(words), "id": f"curl-{abs(hash((method, path))) % 10**8}"}


@register.inclusion_tag("console/parts/curl.html", takes_context=True)
def curl_app(context: Mapping[str, Any], app: str, path: str, action: str) -> dict[str, Any]:
    """One of an application's actions as a call of the API, with the values that fit it now."""
    numbers = [version.number for version in context.get("can_split", [])] or [1]
    bodies: dict[str, dict[str, Any]] = {
        "build": {"at": "main"},
        "deploy": {"number": max(numbers), "traffic": 100},
        "traffic": {"table": {str(number): 100 if index == 0 else 0 for index, number in enumerate(numbers)}},
        "rollback": {},
    }
    return curl(context, "POST", f"/applications/{app}/{path}", bodies[action] or None)


@register.inclusion_tag("console/parts/curl.html", takes_context=True)
def curl_setup(context: Mapping[str, Any], app: str, number: int) -> dict[str, Any]:
    """What an operator says of interrupted setup hooks, as a call of the API."""
    return curl(context, "POST", f"/applications/{app}/releases/{number}/setup", {"state": "done"})


@register.filter
def operation_title(operation: Progress) -> str:
    """What an operation does, in words."""
    intent, app = operation.intent, operation.application
    number = intent.get("number")
    match operation.kind:
        case "build":
            at = str(intent.get("at") or "its default branch")
            return f"build {app} at {at[:8] if _OID.fullmatch(at) else at}"
        case "deploy":
            share = intent.get("traffic")
            return f"deploy v{number} of {app}" + (f" at {share}\u00a0%" if share is not None else "")
        case "traffic":
            table = intent.get("table", {})
            return f"split {app}: " + ", ".join(f"v{number} {share}\u00a0%" for number, share in table.items())
        case "rollback":
            return f"roll {app} back"
        case "retire":
            return f"retire v{number} of {app}"
        case "index-packages":
            return "read which Debian packages ship which Perl modules"
        case _:
            return f"{operation.kind} {app}"


@register.filter
def operation_outcome(operation: Progress) -> str:
    """What a finished operation came to."""
    result = operation.result
    match operation.kind:
        case "build":
            if result.get("existed"):
                return "The same inputs had been built before."
            return f"Built with {result.get('members', 0)} modules and {result.get('distributions', 0)} distributions."
        case "deploy":
            return "Running on every node, checked, and traffic is settled."
        case "traffic" | "rollback":
            return "Traffic is settled on every node."
        case "retire":
            return "Stopped and taken off every node."
        case "index-packages":
            return f"{result.get('modules', 0):,} Perl modules are known."
        case _:
            return "Done."


@register.filter
def running(units: Sequence[Unit]) -> int:
    """How many units run."""
    return sum(unit.state == "running" for unit in units)


@register.filter
def host(url: str) -> str:
    """A URL without its scheme and closing slash."""
    return url.removeprefix("http://").removeprefix("https://").rstrip("/")


@register.filter
def plain(value: Any) -> str:
    """A value of a definition as people write it."""
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {item}" for key, item in value.items())
    return "" if value is None else str(value)


@register.filter
def cut_oid(value: Any) -> str:
    """A value as people write it; an object id is cut to its first digits."""
    text = plain(value)
    return text[:8] if _OID.fullmatch(text) else text


@register.filter
def detail(values: Mapping[str, Any]) -> str:
    """The further facts of an audit row in one line; object ids are cut to their first digits."""
    rows = [(key, plain(value)) for key, value in values.items() if value not in (None, "", [], {})]
    return "  ".join(f"{key}: {cut_oid(text)}" for key, text in rows)


@register.filter
def said(definition: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a definition says: keys with a value, settings by name alone."""
    hidden = ("name", "file", "commit", "definition_commit", "env")
    rows = [(key, plain(value)) for key, value in definition.items() if key not in hidden and plain(value)]
    names = ", ".join(sorted(definition.get("env") or {}))
    return [*rows, ("env", names)] if names else rows


@register.filter
def source_repository(source: str) -> str:
    """The repository in `REPO:FILE`."""
    return source.partition(":")[0]


@register.filter
def source_link(source: str) -> str:
    """The page of `REPO:FILE`."""
    repository, _, path = source.partition(":")
    return f"/code/{repository}/file/{quote(path)}"
