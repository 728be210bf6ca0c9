"""Debian packages that applications ask for: who approved them, where they are."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from lampas.actions.approve_packages import ApprovePackages
from lampas.actions.frame import perform
from lampas.actions.index_packages import IndexPackages
from lampas.actions.withdraw_package import WithdrawPackage
from lampas.api.problems import status
from lampas.console.pages import WRITE, actor, attempt, page, show
from lampas.core.accounts import Permission
from lampas.errors import InvalidInput
from lampas.queries import packages

_DENIED = "It takes the permission “nodes”, which you do not have: installing a package is root's work."


@page(Permission.VIEW, methods=WRITE)
def index(request: HttpRequest) -> HttpResponse:
    """All packages, each with what can be done."""
    done, problem = attempt(request, lambda: _change(request))
    if done is not None:
        return done
    values = {
        "packages": packages.every(),
        "indexed": packages.indexed(),
        "denied": "" if actor(request).may(Permission.NODES) else _DENIED,
        "curl_body": {"names": ["libdbi-perl"]},
        "problem": problem,
    }
    return show(request, "packages.html", values, status=status(problem).value if problem else 200)


def _change(request: HttpRequest) -> str:
    """One of the page's forms. Returns the page to show next."""
    who, name = actor(request), request.POST.get("name", "").strip()
    match request.POST.get("do"):
        case "approve":
            perform(ApprovePackages(tuple(name.split())), who)
            messages.success(request, f"Approved: {name}. It is installed when a release that asks for it is built.")
        case "withdraw":
            perform(WithdrawPackage(name), who)
            messages.success(request, f"{name} is no longer approved. Where it is installed it stays.")
        case "index":
            return f"/operations/{perform(IndexPackages(), who)}"
        case _:
            raise InvalidInput("the form does not say what to do", "reload the page and try again")
    return "/packages"
