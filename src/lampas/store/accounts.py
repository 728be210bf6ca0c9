"""Login links: the way in for a person with a browser. Single use, short-lived, kept as their sha256."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lampas.errors import Denied
from lampas.store import people
from lampas.store.models import LoginLink
from lampas.store.tokens import digest

LIFETIME = timedelta(minutes=15)


class LinkRefused(Denied):
    """The login link is unknown, used or expired. Which of these is not told to whoever holds it."""

    def __init__(self) -> None:
        super().__init__(
            "this login link is not valid: it works once and for 15 minutes",
            "get a new one: lampas login-link, or ask an administrator",
        )


@dataclass(frozen=True)
class Opened:
    """Whom a redeemed link lets in."""

    id: int
    name: str


def make_link(person: str) -> str:
    """Makes a link for a person and returns its secret part.

    Raises:
        NotFound: No such person.
    """
    secret = secrets.token_urlsafe(32)
    LoginLink.objects.create(person=people.find(person), digest=digest(secret), expires=datetime.now(UTC) + LIFETIME)
    return secret


def look_at_link(secret: str) -> str:
    """Whose link it is, without using it: a mail program's prefetch must not spend it.

    Raises:
        LinkRefused: It is not valid.
    """
    return _valid(secret).person.name


def redeem_link(secret: str) -> Opened:
    """Uses a link up. Of two who come at once, one gets in.

    Raises:
        LinkRefused: It is not valid (any more).
    """
    link = _valid(secret)
    if not LoginLink.objects.filter(pk=link.pk, used=None).update(used=datetime.now(UTC)):
        raise LinkRefused
    return Opened(id=link.person_id, name=link.person.name)


def _valid(secret: str) -> LoginLink:
    link: LoginLink | None = (
        LoginLink.objects.select_related("person")
        .filter(digest=digest(secret), used=None, expires__gt=datetime.now(UTC), person__disabled=None)
        .first()
    )
    if link is None:
        raise LinkRefused
    return link
