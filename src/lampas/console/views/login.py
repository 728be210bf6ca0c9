"""Coming in and going out, and the colours, which need no login."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from lampas.actions.frame import perform
from lampas.actions.redeem_login_link import RedeemLoginLink, visitor
from lampas.console.context import THEME_COOKIE, THEMES
from lampas.console.pages import page, show
from lampas.console.session import log_in, log_out, viewer_of
from lampas.core.accounts import Permission
from lampas.store.accounts import LinkRefused, look_at_link

_NEXT = "next"
YEAR = 365 * 86400


@page(Permission.PUBLIC)
def login(request: HttpRequest) -> HttpResponse:
    """How to get in. Where somebody wanted to go is kept for when they are in."""
    where = safe_path(request.GET.get("next", ""))
    if viewer_of(request) is not None:
        return redirect(where)
    if where != "/":
        request.session[_NEXT] = where
    return show(request, "login.html")


@page(Permission.PUBLIC, methods=("GET", "HEAD", "POST"))
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link. Looking at it uses nothing up; pressing its button does."""
    try:
        person = look_at_link(secret)
        if request.method != "POST":
            return _unreferred(show(request, "login_link.html", {"person": person}))
        opened = perform(RedeemLoginLink(person=person, secret=secret), visitor(person))
    except LinkRefused as refused:
        return _unreferred(show(request, "login.html", {"refused": refused}, status=403))
    where = safe_path(request.session.get(_NEXT, "/"))
    log_in(request, opened.id)
    return redirect(where)


@page(Permission.PUBLIC, methods=("POST",))
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    log_out(request)
    return redirect("/login")


@page(Permission.PUBLIC, methods=("POST",))
def theme(request: HttpRequest) -> HttpResponse:
    """Keeps the colours that somebody chose in a cookie."""
    chosen = request.POST.get("theme", "")
    response = redirect(safe_path(request.POST.get("next", "")))
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


def safe_path(where: Any) -> str:
    """A path of this console to go on to; anything else is the overview."""
    fine = isinstance(where, str) and where.startswith("/") and url_has_allowed_host_and_scheme(where, None)
    return where if fine and not where.startswith(("/login", "/logout")) else "/"


def _unreferred(response: HttpResponse) -> HttpResponse:
    """The address is the secret: it must not travel on in a Referer.

    Not `no-referrer`: browsers would send the form with the Origin `null`, which is refused as forged.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
