"""Every route declares what it asks for. The server does not start with one that declares nothing.

    @declared(Permission.VIEW)                            a read of everything
    @declared(Permission.VIEW, application="app")         a read about the application in the path parameter `app`
    @declared(Permission.VIEW, some=True)                 a list: whoever may view anything; the query filters its rows
    @declared(CreateRepository)                           a change: the action's permission, checked in its frame
    @declared(Permission.PUBLIC)                          no login: the login page, static files
    @declared(Permission.PUBLIC, own=True)                any login: one's own things

The decorator stands directly on the function: under `@router.get(…)` for the API, alone for a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.decorators import decorate_view

from lampas.actions.frame import Action
from lampas.api.authentication import actor_of
from lampas.api.problems import problem
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import Denied, LampasError, Unreachable

View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE = "lampas_declared"


@dataclass(frozen=True)
class Declared:
    """What a route asks for.

    Attributes:
        permission: The permission.
        application: The path parameter that names the application it is asked on; "": on everything.
        some: Whether having it on any one application is enough (the rows are filtered then).
        own: Whether any login is enough.
        action: The name of the action whose frame checks the permission and audits a refusal; "": the route checks.
    """

    permission: Permission
    application: str = ""
    some: bool = False
    own: bool = False
    action: str = ""

    @property
    def open(self) -> bool:
        """Whether it can be asked without a login."""
        return self.permission is Permission.PUBLIC and not self.own and not self.action

    def check(self, actor: Actor, parameters: dict[str, Any]) -> None:
        """Refuses who may not.

        Raises:
            Denied: They may not.
        """
        if self.action or self.own:
            return
        if self.some:
            if not any(actor.may(self.permission, held.application) for held in actor.held):
                raise Denied(f"{actor.name} has no grant yet", "ask an administrator for one")
            return
        actor.must(self.permission, AppName(parameters[self.application]) if self.application else None)


def declared(
    what: Permission | type[Action[Any]],
    *,
    application: str = "",
    some: bool = False,
    own: bool = False,
    action: str = "",
) -> Callable[[View], View]:
    """Declares and guards a route; see the module.

    Args:
        what: The permission, or the action whose permission it is.
        application: See `Declared`.
        some: See `Declared`.
        own: See `Declared`.
        action: For a page whose POST performs actions: the name of the one it performs, so that its frame checks.
    """
    if isinstance(what, Permission):
        declaration = Declared(what, application, some, own, action)
    else:
        declaration = Declared(what.permission, application, some, own, what.name)

    def decorate(view: View) -> View:
        setattr(view, ATTRIBUTE, declaration)
        if _is_for_ninja(view):
            return decorate_view(lambda run: _guarded(run, declaration, answer=True))(view)
        return cast(View, _guarded(view, declaration, answer=False))

    return decorate


def actor(request: HttpRequest) -> Actor:
    """Who asks, on a route that demands a login."""
    found = getattr(request, "actor", None)
    if not isinstance(found, Actor):
        raise TypeError("this route declares no permission that demands a login")
    return found


def _is_for_ninja(view: Callable[..., Any]) -> bool:
    return view.__module__.startswith("lampas.api.routes")


def _guarded(view: Callable[..., Any], declaration: Declared, *, answer: bool) -> Callable[..., Any]:
    """`answer`: refusals become problem documents here; else they are raised, for the pages' own error page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **parameters: Any) -> HttpResponseBase:
        try:
            if not declaration.open:
                found = actor_of(request)
                declaration.check(found, parameters)
                request.actor = found  # type: ignore[attr-defined]
        except LampasError as error:
            if not answer:
                raise
            return problem(error)
        except (OperationalError, InterfaceError):
            if not answer:
                raise
            return problem(Unreachable("the database does not answer", "see: lampas status"))
        return cast(HttpResponseBase, view(request, *args, **parameters))

    return guarded
