"""The start-up check: every route declares its permission, or the server does not start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver
from ninja.operation import PathView

from lampas.api.permissions import ATTRIBUTE, Declared
from lampas.core.accounts import Permission
from lampas.errors import LampasError


class UndeclaredRoute(LampasError):
    """A route that declares no permission."""

    code = "undeclared-route"

    def __init__(self, routes: Sequence[str]) -> None:
        super().__init__(
            "routes without a permission: " + ", ".join(routes), "put @declared(…) of lampas.api.permissions on them"
        )
        self.routes = tuple(routes)


@dataclass(frozen=True)
class Route:
    """One method of one route: its pattern, its method ("" for any) and what it declares."""

    pattern: str
    method: str
    declared: Declared | None


def walk(patterns: Sequence[URLPattern | URLResolver], prefix: str = "/") -> Iterator[Route]:
    """All routes under some URL patterns, those of the API's framework included."""
    for pattern in patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, where)
            continue
        view = _path_view(pattern.callback)
        if view is None:
            yield Route(where, "", _declaration(pattern.callback))
            continue
        for operation in view.operations:
            for method in operation.methods:
                yield Route(where, method, _declaration(operation.view_func))


def check(patterns: Sequence[URLPattern | URLResolver]) -> None:
    """Refuses a set of routes in which one declares no permission.

    Raises:
        UndeclaredRoute: There is such a route.
    """
    missing = [f"{route.method} {route.pattern}".strip() for route in walk(patterns) if route.declared is None]
    if missing:
        raise UndeclaredRoute(missing)


def _declaration(view: Callable[..., Any]) -> Declared | None:
    """What a view declares; pages that guard themselves carry their permission alone."""
    found = getattr(view, ATTRIBUTE, None)
    if isinstance(found, Declared):
        return found
    permission = getattr(view, "permission", None)
    return Declared(permission) if isinstance(permission, Permission) else None


def _path_view(callback: Callable[..., Any]) -> PathView | None:
    """The object behind a view of the API's framework, which wraps it in a closure."""
    for cell in getattr(callback, "__closure__", None) or ():
        if isinstance(cell.cell_contents, PathView):
            return cell.cell_contents
    return None
