"""What an application finds in its environment: settings, which a repository holds, and secrets, which nobody reads."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from lampas.actions.change_environment import ChangeEnvironment
from lampas.actions.frame import perform
from lampas.actions.set_secret import SetSecret
from lampas.actions.unset_secret import UnsetSecret
from lampas.api.problems import status
from lampas.console import rights
from lampas.console.pages import WRITE, actor, attempt, page, show
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.errors import InvalidInput
from lampas.queries import applications, secrets


@page(Permission.VIEW, application="app", methods=WRITE)
def settings(request: HttpRequest, app: str) -> HttpResponse:
    """Settings with their values, for those who may change them; secrets by name alone."""
    name, who = AppName(app), actor(request)
    done, problem = attempt(request, lambda: _change(request, name))
    if done is not None:
        return done
    found = applications.one(name)
    kept = secrets.of(name)
    env = found.definition.get("env") or {}
    readable = who.may(Permission.CODE, name)
    hidden = {row.name for row in kept}
    values = {
        "app": app,
        "tab": "settings",
        "found": found,
        "env": [(key, env[key] if readable else None, key in hidden) for key in sorted(env)],
        "secrets": kept,
        "in_settings": set(env),
        "readable": readable,
        "rights": rights.reasons(who, name),
        "problem": problem,
        "filled": request.POST.get("name", "") if problem else "",
        "curl_env": {"set": {"NAME": "VALUE"}, "unset": []},
        "curl_secret": {"value": "VALUE"},
    }
    return show(request, "apps/settings.html", values, status=status(problem).value if problem else 200)


def _change(request: HttpRequest, app: AppName) -> str:
    """One of the page's forms. Returns the page to show next."""
    who, key, here = actor(request), request.POST.get("name", "").strip(), f"/apps/{app}/settings"
    match request.POST.get("do"):
        case "set" | "unset" as do:
            changed = perform(ChangeEnvironment(app, {key: _line(request) if do == "set" else None}), who)
            if changed.operation is not None:
                return f"/operations/{changed.operation}"
            if changed.number is None:
                messages.success(request, f"{key} is changed; the first release will have it.")
                return here
            messages.success(request, f"Version {changed.number} has the change. Deploy it to make it count.")
            return f"/apps/{app}/releases/{changed.number}"
        case "secret":
            done = perform(SetSecret(app, key, request.POST.get("value", "")), who)
            messages.success(request, f"The secret {key} is set. It is not shown again.")
            return f"/operations/{done.operation}" if done.operation is not None else here
        case "forget":
            operation = perform(UnsetSecret(app, key), who)
            messages.success(request, f"The secret {key} is forgotten.")
            return f"/operations/{operation}" if operation is not None else here
        case _:
            raise InvalidInput("the form does not say what to do", "reload the page and try again")


def _line(request: HttpRequest) -> str:
    """The value as it was typed: browsers end lines by CR LF."""
    return request.POST.get("value", "").replace("\r\n", "\n")
