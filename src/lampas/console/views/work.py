"""Operations: the list, and one with its live steps."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from lampas.console import paging
from lampas.console.pages import actor, page, show
from lampas.core.accounts import Permission
from lampas.errors import NotFound
from lampas.queries import operations
from lampas.queries.rights import visible
from lampas.store.operations import application_of

PAGE = 50
STATES = ("waiting", "running", "done", "failed")
OPEN = ("waiting", "running")
STOP_POLLING = 286  # htmx: take this fragment, and ask no more


@page(Permission.VIEW, some=True)
def index(request: HttpRequest) -> HttpResponse:
    """Operations, newest first; `?application=` and `?state=` cut them."""
    application = request.GET.get("application") or None
    state = request.GET.get("state", "")
    before = paging.before(request)
    rows = operations.page(
        applications=visible(actor(request), application),
        states=[state] if state in STATES else None,
        before=before,
        limit=PAGE,
    )
    following = rows[-1].id if len(rows) == PAGE else None
    values = {
        "rows": rows,
        "application": application or "",
        "state": state,
        "states": STATES,
        "keyset": paging.Keyset(before, following),
    }
    return show(request, "operations/index.html", values)


@page(Permission.VIEW, some=True)
def one(request: HttpRequest, operation: int) -> HttpResponse:
    """One operation; while it runs the page follows it."""
    return show(request, "operations/one.html", _values(request, operation))


@page(Permission.VIEW, some=True)
def steps(request: HttpRequest, operation: int) -> HttpResponse:
    """The part of the page that changes while an operation runs."""
    values = _values(request, operation)
    return show(request, "operations/steps.html", values, status=200 if values["live"] else STOP_POLLING)


def _values(request: HttpRequest, operation: int) -> dict[str, object]:
    if not actor(request).may(Permission.VIEW, application_of(operation)):
        raise NotFound(f"there is no operation {operation}")
    found = operations.progress(operation)
    return {"operation": found, "live": found.state in OPEN}
