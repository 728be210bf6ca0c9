"""Applications: the list, making one, and one whole: what defines it, its versions, what can be done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from lampas.actions.create_application import CreateApplication
from lampas.actions.frame import perform
from lampas.console import paging, rights
from lampas.console.pages import WRITE, actor, page, show
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.values import Definition
from lampas.core.names import AppName, app_name, repository_name
from lampas.errors import LampasError
from lampas.queries import addresses, applications, health, operations, releases, repositories, verdicts
from lampas.queries.rights import visible

PAGE = 50
LATEST = 8


@dataclass(frozen=True)
class Row:
    """A version as the application's page shows it: with its units as observed and what may be done with it."""

    version: releases.Version
    units: tuple[health.Unit, ...]
    deployable: str  # "": yes; else why not
    retirable: str


@page(Permission.VIEW, some=True)
def index(request: HttpRequest) -> HttpResponse:
    """All applications that one may see, newest first."""
    before = paging.before(request)
    rows = applications.page(visible(actor(request)), before, PAGE)
    following = rows[-1].id if len(rows) >= PAGE and rows[-1].id else None
    return show(request, "apps/index.html", {"apps": rows, "keyset": paging.Keyset(before, following)})


@page(Permission.VIEW, some=True, methods=WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """Makes an application."""
    problem: LampasError | None = None
    if request.method == "POST":
        try:
            definition = _definition(request.POST)
            perform(CreateApplication(definition), actor(request))
        except LampasError as error:
            problem = error
        else:
            messages.success(
                request, f"{definition.name} is defined in cluster:apps/{definition.name}.toml. Build it next."
            )
            return redirect(f"/apps/{definition.name}")
    values = {
        "problem": problem,
        "address": addresses.application("NAME"),
        "form": request.POST,
        "repositories": [row.name for row in repositories.page(None, 200) if row.name != "cluster"],
        "allowed": actor(request).may(Permission.CODE),
        "curl_body": {"name": "NAME", "repository": "REPO", "entry": "module:callable"},
    }
    return show(request, "apps/new.html", values, status=422 if problem else 200)


@page(Permission.VIEW, application="app")
def one(request: HttpRequest, app: str) -> HttpResponse:
    """One application."""
    name = AppName(app)
    return show(request, "apps/one.html", values_of(actor(request), name))


def values_of(who: Actor, name: AppName) -> dict[str, Any]:
    """Everything that an application's page shows."""
    found = applications.one(name)
    seen = [unit for node in health.nodes([name]) for unit in node.units]
    running = {unit.number for unit in seen if unit.state == "running"}
    rows = [_row(version, seen) for version in found.versions]
    latest = operations.page(applications=[name], states=None, before=None, limit=LATEST)
    return {
        "app": name,
        "found": found,
        "rows": rows,
        "can_split": [row.version for row in rows if row.version.state in ("live", "warm")],
        "suggested": _suggested(rows),
        "deployable": [row for row in rows if not row.deployable],
        "operations": latest,
        "open": next((item for item in latest if item.state in ("waiting", "running")), None),
        "verdict": verdicts.rollback(name),
        "unobserved": [
            version.number for version in found.versions if version.traffic and version.number not in running
        ],
        "rights": rights.reasons(who, name),
        "tab": "versions",
    }


def _row(version: releases.Version, seen: list[health.Unit]) -> Row:
    units = tuple(unit for unit in seen if unit.number == version.number)
    deployable = "" if version.state not in ("failed", "built") else "It did not start when it was verified."
    if version.state == "built":
        deployable = "It was not verified."
    retirable = "" if version.state == "warm" else "It has traffic." if version.state == "live" else "It does not run."
    return Row(version, units, deployable, retirable)


def _suggested(rows: list[Row]) -> int | None:
    """The newest version that can be deployed, which the form offers first."""
    return next((row.version.number for row in rows if not row.deployable), None)


def _definition(form: QueryDict) -> Definition:
    """What the form says; the action renders it as a file and reads it back, so that each value is checked there."""
    name = app_name(form.get("name", "").strip())
    return Definition(
        name=name,
        repository=repository_name(form.get("repository", "").strip()),
        entry=form.get("entry", "").strip(),
        file=f"apps/{name}.toml",
        root=form.get("root", "").strip(),
        links=_lines(form.get("links", "")),
        requirements=form.get("requirements", "").strip() or None,
        database="own" if form.get("database") == "own" else "none",
        persist=_lines(form.get("persist", "")),
        hosts=_lines(form.get("hosts", "")),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.replace(",", "\n").splitlines() if line.strip())
