"""People and what is granted to them; tokens."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from lampas.actions.add_person import AddPerson
from lampas.actions.create_login_link import CreateLoginLink
from lampas.actions.create_token import CreateToken
from lampas.actions.frame import perform
from lampas.actions.grant import GrantTo
from lampas.actions.revoke_token import RevokeToken
from lampas.console import paging
from lampas.console.pages import WRITE, actor, page, show
from lampas.core.accounts import ALLOWS, Grant, Permission
from lampas.core.names import app_name
from lampas.errors import InvalidInput, LampasError
from lampas.store import people, tokens

PAGE = 50
LIFETIMES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year", "": "no end"}


@page(Permission.PEOPLE, methods=WRITE)
def index(request: HttpRequest) -> HttpResponse:
    """People by name; a POST adds one, grants something, or makes a login link, which is shown this once."""
    shown: dict[str, object] = {}
    if request.method == "POST":
        try:
            link = _change(request)
        except LampasError as error:
            shown["problem"] = error
        else:
            if link is None:
                return redirect("/people")
            shown |= {"link": link, "link_for": request.POST.get("person", "")}
    after = request.GET.get("after", "")
    rows = people.page(after, PAGE + 1)
    values = {
        "rows": rows[:PAGE],
        "following": rows[PAGE - 1].name if len(rows) > PAGE else "",
        "after": after,
        "grants": [(str(grant), ", ".join(sorted(ALLOWS[grant]))) for grant in Grant],
        "form": request.POST,
        **shown,
    }
    return show(request, "people.html", values, status=422 if "problem" in shown else 200)


@page(Permission.PUBLIC, own=True, methods=WRITE)
def own_tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens, newest first; a POST makes one, which is shown this once, or ends one."""
    shown: dict[str, object] = {}
    who = actor(request)
    if request.method == "POST":
        try:
            if "revoke" in request.POST:
                perform(RevokeToken(_id(request.POST.get("revoke", ""))), who)
                messages.success(request, "The token is revoked. Whoever uses it is refused from now on.")
                return redirect("/tokens")
            shown["issued"] = perform(CreateToken(_label(request), _lifetime(request)), who)
        except LampasError as error:
            shown["problem"] = error
    before = paging.before(request)
    everybody = who.may(Permission.PEOPLE) and request.GET.get("all") == "1"
    rows = tokens.page(None if everybody else who.name, before, PAGE)
    values = {
        "rows": rows,
        "everybody": everybody,
        "lifetimes": LIFETIMES,
        "keyset": paging.Keyset(before, rows[-1].id if len(rows) == PAGE else None),
        **shown,
    }
    return show(request, "tokens.html", values, status=422 if "problem" in shown else 200)


def _change(request: HttpRequest) -> str | None:
    """One of the page's forms. Returns a login link where one was made."""
    person, who = request.POST.get("person", "").strip(), actor(request)
    match request.POST.get("do"):
        case "add":
            perform(AddPerson(person, request.POST.get("email", "").strip()), who)
            messages.success(request, f"{person} is here, and may do nothing until you grant something.")
        case "grant":
            application = request.POST.get("application", "").strip()
            on = app_name(application) if application else None
            changed = perform(GrantTo(person, _grant(request), on), who)
            words = "is granted" if changed else "was granted before"
            messages.success(request, f"{request.POST['grant']} on {on or 'everything'} {words} to {person}.")
        case "link":
            secret = perform(CreateLoginLink(person), who)
            return f"{settings.CONFIGURATION.console_url}/login/{secret}"
        case _:
            raise InvalidInput("the form does not say what to do", "reload the page and try again")
    return None


def _grant(request: HttpRequest) -> Grant:
    try:
        return Grant(request.POST.get("grant", ""))
    except ValueError as error:
        raise InvalidInput("there is no such grant", "choose one of the list") from error


def _label(request: HttpRequest) -> str:
    label = request.POST.get("label", "").strip()
    if not 1 <= len(label) <= 64:
        raise InvalidInput("a token needs a name of at most 64 characters", "say what it is for")
    return label


def _lifetime(request: HttpRequest) -> timedelta | None:
    days = request.POST.get("days", "")
    if days not in LIFETIMES:
        raise InvalidInput("there is no such lifetime", "choose one of the list")
    return timedelta(days=int(days)) if days else None


def _id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise InvalidInput("this is no token", "reload the page and try again")
    return int(text)
