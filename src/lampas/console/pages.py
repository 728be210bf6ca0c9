"""How a page is declared: with the one permission that it asks for, checked before anything of it runs.

It is `lampas.api.permissions.declared` with what pages need on top: who is not logged in is sent to log in and comes
back, and every error becomes a page. The server does not start with a view that declares nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache

from lampas.api.permissions import actor, declared
from lampas.api.problems import Unauthenticated
from lampas.console import failures
from lampas.core.accounts import Permission
from lampas.errors import Denied, LampasError, Unreachable

__all__ = ["actor", "attempt", "page", "show"]

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
READ = ("GET", "HEAD")
WRITE = ("GET", "HEAD", "POST")


def page(
    permission: Permission,
    *,
    application: str = "",
    some: bool = False,
    own: bool = False,
    methods: tuple[str, ...] = READ,
) -> Callable[[View], View]:
    """Declares a view.

    Args:
        permission: What it takes to see it. What a POST does is checked by the frame of the action it performs.
        application: The URL's parameter that names the application it is asked on; "": on everything.
        some: Whether having it on any one application is enough; the page shows only what may be seen.
        own: Whether any login is enough: one's own things.
        methods: Which HTTP methods it answers.
    """

    def declare(view: View) -> View:
        checked = declared(permission, application=application, some=some, own=own)(view)

        @never_cache
        @wraps(checked)
        def answered(request: HttpRequest, **captured: Any) -> HttpResponseBase:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            try:
                return checked(request, **captured)
            except Unauthenticated:
                return _to_login(request)
            except LampasError as error:
                return failures.answer(request, error)
            except (OperationalError, InterfaceError):
                return failures.answer(request, Unreachable("the database does not answer", "see: lampas status"))

        return cast(View, answered)

    return declare


def show(
    request: HttpRequest, template: str, values: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Renders `templates/console/TEMPLATE`."""
    return HttpResponse(render_to_string(f"console/{template}", dict(values or {}), request), status=status)


def attempt(request: HttpRequest, change: Callable[[], str]) -> tuple[HttpResponse | None, LampasError | None]:
    """Carries out what a form of a page asks for: where to go then, or the problem that the page shows instead.

    Args:
        request: Only a POST asks for anything.
        change: Does it, and returns the address that follows.

    Raises:
        Denied: Whoever asks may not; that is a page of its own.
    """
    if request.method != "POST":
        return None, None
    try:
        return redirect(change()), None
    except Denied:
        raise
    except LampasError as error:
        return None, error


def _to_login(request: HttpRequest) -> HttpResponse:
    """Where to log in; a fragment that htmx asked for must not become the login page in the middle of another."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": "/login"})
    where = request.get_full_path()
    return redirect("/login?" + urlencode({"next": where}) if request.method == "GET" and where != "/" else "/login")
