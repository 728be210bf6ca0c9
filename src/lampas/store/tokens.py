"""Tokens for git and the API: random, shown once, kept as their sha256 alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lampas.core.accounts import Actor
from lampas.errors import Conflict, NotFound
from lampas.store import people
from lampas.store.models import Token

PREFIX = "lampas_"
_SEEN_AGAIN = timedelta(minutes=1)  # `used` is no more exact than this, so that reads stay reads


@dataclass(frozen=True)
class Issued:
    """A token at the only moment when its secret is known."""

    id: int
    name: str
    token: str
    expires: datetime | None


@dataclass(frozen=True)
class TokenRow:
    """A token as lists show it; `hint` is its first characters."""

    id: int
    name: str
    person: str
    hint: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    used: datetime | None


def digest(secret: str) -> str:
    """What is stored of a secret of 32 random bytes: too many to be guessed, so a plain hash does."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(person: str, name: str, lifetime: timedelta | None) -> Issued:
    """Makes a token for a person; `lifetime` None: it does not expire.

    Raises:
        NotFound: No such person.
    """
    owner = people.find(person)
    secret = PREFIX + secrets.token_hex(32)
    row = Token.objects.create(
        person=owner,
        name=name,
        digest=digest(secret),
        hint=secret[: len(PREFIX) + 4],
        expires=datetime.now(UTC) + lifetime if lifetime is not None else None,
    )
    return Issued(id=row.pk, name=name, token=secret, expires=row.expires)


def actor_of(secret: str, door: str = "token") -> Actor | None:
    """Whoever holds this token, with what is granted to them; None: nobody, expired, revoked or disabled.

    Args:
        secret: What was presented: a header's token, or git's password.
        door: By which door they come, for the audit.
    """
    if not secret.startswith(PREFIX):
        return None
    now = datetime.now(UTC)
    row = Token.objects.select_related("person").filter(digest=digest(secret), revoked=None).first()
    if row is None or row.person.disabled is not None or (row.expires is not None and row.expires <= now):
        return None
    if row.used is None or now - row.used > _SEEN_AGAIN:
        Token.objects.filter(pk=row.pk).update(used=now)
    return people.actor(row.person, door)


def owner_of(token: int) -> str:
    """Whose token it is.

    Raises:
        NotFound: No such token.
    """
    return _row(token).person.name


def revoke(token: int) -> None:
    """Ends a token at once.

    Raises:
        NotFound: No such token.
        Conflict: It was revoked before.
    """
    if not Token.objects.filter(pk=_row(token).pk, revoked=None).update(revoked=datetime.now(UTC)):
        raise Conflict(f"the token {token} was revoked before")


def page(person: str | None, before: int | None, limit: int) -> list[TokenRow]:
    """Tokens, newest first: those of one person, or of all; `before`: only ids below it."""
    rows = Token.objects.select_related("person").order_by("-id")
    if person is not None:
        rows = rows.filter(person__name=person)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        TokenRow(
            id=row.pk,
            name=row.name,
            person=row.person.name,
            hint=row.hint,
            created=row.created,
            expires=row.expires,
            revoked=row.revoked,
            used=row.used,
        )
        for row in rows[:limit]
    ]


def _row(token: int) -> Token:
    row: Token | None = Token.objects.select_related("person").filter(pk=token).first()
    if row is None:
        raise NotFound(f"there is no token {token}", "list them: lampas token list")
    return row
