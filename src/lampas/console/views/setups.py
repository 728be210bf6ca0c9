"""Setup hooks that were interrupted: an operator says how they stand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lampas.actions.frame import perform
from lampas.actions.mark_setup import MarkSetup
from lampas.console.pages import actor, page
from lampas.core.accounts import Permission
from lampas.core.names import AppName


@page(Permission.VIEW, application="app", methods=("POST",))
def mark(request: HttpRequest, app: str, number: int) -> HttpResponse:
    """Says that they are done, or shall run again."""
    state = request.POST.get("state", "")
    perform(MarkSetup(AppName(app), number, state), actor(request))
    words = "count as done: they do not run again" if state == "done" else "run again at the next deployment"
    messages.success(request, f"The setup hooks of version {number} {words}.")
    return redirect(f"/apps/{app}/releases/{number}")
