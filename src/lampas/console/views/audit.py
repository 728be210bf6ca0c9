"""Who did what: the audit trail, and whether it is whole."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from lampas.console import paging
from lampas.console.pages import page, show
from lampas.core.accounts import Permission
from lampas.queries import audit

PAGE = 50


@page(Permission.PEOPLE)
def index(request: HttpRequest) -> HttpResponse:
    """The audit trail, newest first; `?actor=`, `?action=` and `?application=` cut it, `?verify=1` checks the chain."""
    asked = {name: request.GET.get(name, "").strip() for name in ("actor", "application", "action")}
    before = paging.before(request)
    rows = audit.page(
        actor=asked["actor"] or None,
        application=asked["application"] or None,
        action=asked["action"] or None,
        before=before,
        limit=PAGE,
    )
    values = {
        "rows": rows,
        "asked": asked,
        "verdict": audit.verify() if request.GET.get("verify") else None,
        "keyset": paging.Keyset(before, rows[-1].id if len(rows) == PAGE else None),
    }
    return show(request, "audit.html", values)
