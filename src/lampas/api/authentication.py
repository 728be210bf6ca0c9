"""Who asks: the holder of a token in the Authorization header, or of a session, with CSRF for what changes things."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from lampas.api.problems import Unauthenticated
from lampas.core.accounts import Actor
from lampas.errors import Denied
from lampas.store import people, tokens

SESSION_KEY = "person"  # in the session: the id of the person who logged in
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def actor_of(request: HttpRequest) -> Actor:
    """Who asks.

    Raises:
        Unauthenticated: Nobody who is known.
        Denied: A session without the CSRF token that goes with it.
    """
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        actor = tokens.actor_of(secret.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise Unauthenticated("the token is not valid", "make one: lampas token create")
        return actor
    person = request.session.get(SESSION_KEY)
    actor = people.actor_by_id(person, "session") if isinstance(person, int) else None
    if actor is None:
        raise Unauthenticated("this needs a login", "give a token in the header Authorization: Bearer, or log in")
    if request.method not in SAFE:
        _check_csrf(request)
    return actor


def _check_csrf(request: HttpRequest) -> None:
    """The API's routes are exempt from Django's own check (tokens need none), so sessions are checked here."""
    if getattr(request, "csrf_processing_done", False):
        return
    middleware = CsrfViewMiddleware(lambda _request: None)  # type: ignore[arg-type]
    middleware.process_request(request)
    if middleware.process_view(request, HttpResponse, (), {}) is not None:
        raise Denied("the CSRF token is missing or wrong", "load the page again")
