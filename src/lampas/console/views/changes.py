"""What can be done with an application: each a POST that performs one action and shows its operation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lampas.actions.delete_application import DeleteApplication
from lampas.actions.frame import Action, perform
from lampas.actions.request_build import RequestBuild
from lampas.actions.request_deploy import RequestDeploy
from lampas.actions.request_retire import RequestRetire
from lampas.actions.request_rollback import RequestRollback
from lampas.actions.request_traffic import RequestTraffic
from lampas.api.problems import status
from lampas.console.pages import actor, page, show
from lampas.console.views.applications import values_of
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.errors import Denied, InvalidInput, LampasError, NotFound

POST = ("POST",)
VIEW = Permission.VIEW  # to see the application at all; the action's own permission is checked and audited in its frame


@page(VIEW, application="app", methods=POST)
def build(request: HttpRequest, app: str) -> HttpResponse:
    """Builds a release."""
    return _ask(request, app, lambda name: RequestBuild(name, request.POST.get("at", "").strip() or None))


@page(VIEW, application="app", methods=POST)
def deploy(request: HttpRequest, app: str) -> HttpResponse:
    """Deploys a release with a share of traffic."""
    return _ask(
        request,
        app,
        lambda name: RequestDeploy(
            name, _number(request, "number"), _number(request, "traffic", "the share of traffic")
        ),
    )


@page(VIEW, application="app", methods=POST)
def traffic(request: HttpRequest, app: str) -> HttpResponse:
    """Splits the traffic anew."""

    def action(name: AppName) -> RequestTraffic:
        fields = [field for field in request.POST if field.startswith("share-") and field[6:].isdecimal()]
        return RequestTraffic(
            name, {int(field[6:]): _number(request, field, "the share of traffic") for field in fields}
        )

    return _ask(request, app, action)


@page(VIEW, application="app", methods=POST)
def rollback(request: HttpRequest, app: str) -> HttpResponse:
    """Goes back to the traffic before."""
    return _ask(request, app, RequestRollback)


@page(VIEW, application="app", methods=POST)
def retire(request: HttpRequest, app: str) -> HttpResponse:
    """Stops a release."""
    number = _number(request, "number")
    if request.POST.get("confirm") != f"{app}/{number}":
        return _again(request, app, InvalidInput("the version was not retired", f"type {app}/{number} to confirm it"))
    return _ask(request, app, lambda name: RequestRetire(name, number))


@page(VIEW, application="app", methods=POST)
def delete(request: HttpRequest, app: str) -> HttpResponse:
    """Stops an application and forgets it."""
    return _ask(request, app, lambda name: DeleteApplication(name, request.POST.get("confirm", "")))


def _ask(request: HttpRequest, app: str, action: Any) -> HttpResponse:
    """Performs what `action` makes of the application's name; a refusal is said on the application's own page."""
    try:
        wanted: Action[int] = action(AppName(app))
        operation = perform(wanted, actor(request))
    except (Denied, NotFound):
        raise
    except LampasError as error:
        return _again(request, app, error)
    return redirect(f"/operations/{operation}")


def _again(request: HttpRequest, app: str, problem: LampasError) -> HttpResponse:
    values = {**values_of(actor(request), AppName(app)), "problem": problem}
    return show(request, "apps/one.html", values, status=status(problem).value)


def _number(request: HttpRequest, field: str, what: str = "the version") -> int:
    text = request.POST.get(field, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise InvalidInput(f"{what} is not a whole number", "give digits alone")
    return int(text)
