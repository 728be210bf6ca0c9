"""Who looks at a page: the browser's session → the actor.

A session holds the id of a person and nothing else: grants are read anew for each request, so that what was taken
away is gone at once. Other doors (the API, git) bring tokens and never come by here.
"""

from __future__ import annotations

from django.http import HttpRequest

from lampas.api.authentication import SESSION_KEY
from lampas.core.accounts import Actor
from lampas.store import people

DOOR = "session"
_KEPT = "_lampas_viewer"


def viewer_of(request: HttpRequest) -> Actor | None:
    """Whoever is logged in; None: nobody, or somebody whose account is gone or disabled."""
    if not hasattr(request, _KEPT):
        found = getattr(request, "actor", None)
        if not isinstance(found, Actor):
            person = request.session.get(SESSION_KEY)
            found = people.actor_by_id(person, DOOR) if isinstance(person, int) else None
        setattr(request, _KEPT, found)
    viewer: Actor | None = getattr(request, _KEPT)
    return viewer


def log_in(request: HttpRequest, person: int) -> None:
    """Starts a session for a person, under a new key: one that somebody planted before is worth nothing."""
    request.session.flush()
    request.session[SESSION_KEY] = person


def log_out(request: HttpRequest) -> None:
    """Ends the session and forgets what it held."""
    request.session.flush()
