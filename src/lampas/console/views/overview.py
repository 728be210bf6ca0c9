"""The first page: what needs attention, then what is live, what runs where, what happened."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

from lampas.console.pages import actor, page, show
from lampas.core.accounts import Permission
from lampas.queries import applications, audit, health, operations, standing
from lampas.queries.rights import visible

APPLICATIONS = 24
LATEST = 8


@page(Permission.VIEW, some=True)
def overview(request: HttpRequest) -> HttpResponse:
    """The overview of what one may see."""
    who = actor(request)
    names = visible(who)
    facts = health.facts(names)
    apps = applications.page(names, None, APPLICATIONS + 1)
    all_of_them = [*health.concerns(facts, datetime.now(UTC)), *standing.concerns(names)]
    values = {
        "concerns": sorted(all_of_them, key=lambda concern: concern.tone != "bad"),
        "nodes": facts.nodes,
        "apps": apps[:APPLICATIONS],
        "more_apps": len(apps) > APPLICATIONS,
        "operations": operations.page(applications=names, states=None, before=None, limit=LATEST),
        "audit": audit.page(actor=None, application=None, before=None, limit=LATEST)
        if who.may(Permission.PEOPLE)
        else None,
    }
    return show(request, "overview.html", values)


@page(Permission.VIEW)
def disks(request: HttpRequest) -> HttpResponse:
    """The disks that are nearly full: a part that the overview asks for once it is there, because nodes are asked."""
    return show(request, "overview_disks.html", {"concerns": list(standing.full_disks())})
