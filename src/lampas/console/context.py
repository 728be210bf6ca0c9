"""What every page shows beside its own values: who looks, where they are, the colours they chose."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from lampas.console.session import viewer_of
from lampas.core.accounts import Permission

THEME_COOKIE = "lampas_theme"
THEMES = ("light", "dark")

_PLACES = (
    ("", "/", "Overview", "overview", None),
    ("", "/code", "Code", "code", None),
    ("", "/apps", "Applications", "apps", None),
    ("Work", "/operations", "Operations", "operations", None),
    ("Work", "/nodes", "Nodes", "nodes", None),
    ("Work", "/packages", "Debian packages", "deploy", None),
    ("Work", "/kept", "Disk and kept data", "folder", None),
    ("Access", "/people", "People", "people", Permission.PEOPLE),
    ("Access", "/tokens", "My tokens", "key", None),
    ("Access", "/audit", "Audit", "audit", Permission.PEOPLE),
)


def common(request: HttpRequest) -> dict[str, Any]:
    """The values for every template."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    viewer = viewer_of(request)
    return {
        "viewer": viewer,
        "theme": theme if theme in THEMES else "",
        "node": settings.CONFIGURATION.node,
        "places": places(request.path, viewer is not None and viewer.may(Permission.PEOPLE)),
    }


def places(path: str, all_of_them: bool) -> list[dict[str, Any]]:
    """The main places for the navigation; those for administrators only where `all_of_them`."""
    found: list[dict[str, Any]] = []
    group = ""
    for heading, url, name, icon, permission in _PLACES:
        if permission is not None and not all_of_them:
            continue
        here = path == url or (url != "/" and path.startswith(url + "/")) or (url == "/code" and path == "/search")
        found.append(
            {"url": url, "name": name, "icon": icon, "current": here, "group": heading if heading != group else ""}
        )
        group = heading
    return found
