"""Imports that lead nowhere, and the distributions that may be meant: nothing is fetched before somebody accepts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html

from lampas.actions.add_packages import AddPackages
from lampas.actions.add_requirements import AddRequirements
from lampas.actions.frame import perform
from lampas.api.problems import status
from lampas.console import rights
from lampas.console.pages import WRITE, actor, page, show
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.errors import Denied, LampasError
from lampas.queries import definitions, proposals


@page(Permission.VIEW, application="app", methods=WRITE)
def proposed(request: HttpRequest, app: str) -> HttpResponse:
    """The proposals, each with a button that accepts it."""
    name, who = AppName(app), actor(request)
    problem: LampasError | None = None
    if request.method == "POST":
        wanted = tuple(text for item in request.POST.getlist("requirement") if (text := item.strip()))
        packages = tuple(text for item in request.POST.getlist("package") if (text := item.strip()))
        try:
            added = perform(AddPackages(name, packages) if packages else AddRequirements(name, wanted), who)
        except Denied:
            raise
        except LampasError as error:
            problem = error
        else:
            messages.success(
                request,
                format_html(
                    '{} is required: commit <a class="oid" href="/code/{}/commit/{}">{}</a> in {}. Build it next.',
                    ", ".join(packages or wanted), added.repository, added.commit, added.commit[:8], added.file,
                ),
            )  # fmt: skip
            return redirect(f"/apps/{app}/requirements")
    values: dict[str, Any] = {
        "app": app,
        "tab": "requirements",
        "rights": rights.reasons(who, name),
        "curl_body": {"requirements": ["NAME>=VERSION"]},
    }
    try:
        values |= {"proposals": proposals.of(name), "definition": definitions.in_force(name)}
    except LampasError as error:
        problem = problem or error
    code = status(problem).value if problem else 200
    return show(request, "apps/requirements.html", {**values, "problem": problem}, status=code)
