"""Databases and disks: how large, whose, and what deleted applications left."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from lampas.actions.adopt_data import AdoptData
from lampas.actions.adopt_database import AdoptDatabase
from lampas.actions.drop_data import DropData
from lampas.actions.drop_database import DropDatabase
from lampas.actions.end_database_account import EndDatabaseAccount
from lampas.actions.frame import perform
from lampas.actions.rotate_password import RotatePassword
from lampas.api.problems import status
from lampas.console import rights
from lampas.console.pages import WRITE, actor, attempt, page, show
from lampas.core.accounts import Permission
from lampas.core.names import AppName, app_name
from lampas.dispatch import visits
from lampas.errors import InvalidInput, NotFound
from lampas.queries import databases, releases
from lampas.queries import disk as disks
from lampas.queries.rights import visible


@page(Permission.VIEW, application="app", methods=WRITE)
def database(request: HttpRequest, app: str) -> HttpResponse:
    """The database of an application; also of one that was deleted and left it."""
    name, who = AppName(app), actor(request)
    done, problem = attempt(request, lambda: _change(request, name))
    if done is not None:
        return done
    values: dict[str, Any] = {"app": app, "tab": "database", "rights": rights.reasons(who, name), "problem": problem}
    try:
        values["found"] = databases.one(name)
    except NotFound:
        releases.standing_application(name)
    values["curl_drop"] = {"confirm": app}
    return show(request, "apps/database.html", values, status=status(problem).value if problem else 200)


@page(Permission.VIEW, application="app")
def disk(request: HttpRequest, app: str) -> HttpResponse:
    """What an application takes."""
    found = disks.one(AppName(app))
    parts = [
        ("Code of its releases, on the nodes", found.code),
        ("Distributions that it uses there; others may use them too", found.distributions),
        ("Persistent directories", found.data),
        ("Logs", found.logs),
        ("Database", found.database),
        ("Content of its releases in MariaDB, before compression", found.content),
    ]
    return show(request, "apps/disk.html", {"app": app, "tab": "disk", "found": found, "parts": parts})


@page(Permission.VIEW, some=True, methods=WRITE)
def kept(request: HttpRequest) -> HttpResponse:
    """All disks and applications, and what deleted applications left, with how that ends."""
    who = actor(request)
    done, problem = attempt(request, lambda: _end(request))
    if done is not None:
        return done
    names = visible(who)
    found = disks.every(names)
    left = [row for row in databases.every(names) if row.state == "kept"]
    apps = {row.application for row in left} | {row.app for row in found.apps if row.kept}
    values = {
        "found": found,
        "databases": left,
        "data": [row for row in found.apps if row.kept],
        "rights": {name: rights.reasons(who, AppName(name)) for name in apps},
        "problem": problem,
    }
    return show(request, "kept.html", values, status=status(problem).value if problem else 200)


def _change(request: HttpRequest, app: AppName) -> str:
    """One of the forms of an application's database. Returns the page to show next."""
    who, here = actor(request), f"/apps/{app}/database"
    match request.POST.get("do"):
        case "rotate":
            return f"/operations/{perform(RotatePassword(app), who)}"
        case "drop":
            return f"/operations/{perform(DropDatabase(app, request.POST.get('confirm', '')), who)}"
        case "adopt":
            perform(AdoptDatabase(app), who)
            messages.success(request, f"The database is {app}'s own now.")
        case "end":
            visits.end(perform(EndDatabaseAccount(app, request.POST.get("account", "")), who))
            messages.success(request, "The account is ended, with its connections.")
        case _:
            raise InvalidInput("the form does not say what to do", "reload the page and try again")
    return here


def _end(request: HttpRequest) -> str:
    """One of the forms of what was left. Returns the page to show next."""
    who, app = actor(request), app_name(request.POST.get("application", "").strip())
    confirm = request.POST.get("confirm", "")
    match request.POST.get("do"):
        case "drop-database":
            return f"/operations/{perform(DropDatabase(app, confirm), who)}"
        case "drop-data":
            return f"/operations/{perform(DropData(app, confirm), who)}"
        case "adopt-data":
            perform(AdoptData(app), who)
            messages.success(request, f"The data is {app}'s own now.")
            return "/kept"
        case _:
            raise InvalidInput("the form does not say what to do", "reload the page and try again")
