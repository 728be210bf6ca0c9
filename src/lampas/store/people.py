"""People and what is granted to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from lampas.core.accounts import Actor, Grant, Held
from lampas.core.names import AppName
from lampas.errors import Conflict, InvalidInput, NotFound
from lampas.store.models import GrantRow, Person

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


@dataclass(frozen=True)
class GrantOf:
    """One grant of a person; `application` "": on everything."""

    grant: str
    application: str


@dataclass(frozen=True)
class PersonRow:
    """A person as lists show them."""

    name: str
    email: str
    created: datetime
    disabled: datetime | None
    grants: list[GrantOf]


def add(name: str, email: str) -> None:
    """Adds a person, without any grant.

    Raises:
        InvalidInput: The name cannot be used.
        Conflict: It is taken.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a person's name", "use lower-case letters, digits, '.', '_' and '-', at most 64"
        )
    try:
        with transaction.atomic():
            Person.objects.create(name=name, email=email)
    except IntegrityError as error:
        raise Conflict(f"there is a person {name} already") from error


def grant(name: str, what: Grant, application: str) -> bool:
    """Grants; False where it was granted before. `application` "": on everything.

    Raises:
        NotFound: No such person.
    """
    _row, made = GrantRow.objects.get_or_create(person=find(name), grant=str(what), application=application)
    return made


def find(name: str) -> Person:
    """The person's row.

    Raises:
        NotFound: No such person.
    """
    row: Person | None = Person.objects.filter(name=name).first()
    if row is None:
        raise NotFound(f"there is no person {name}", "add them: lampas user add NAME")
    return row


def actor(person: Person, door: str) -> Actor:
    """A person as the one who acts, with all that is granted to them."""
    held = person.grants.values_list("grant", "application")
    return Actor(
        name=person.name,
        held=tuple(Held(Grant(what), AppName(application) if application else None) for what, application in held),
        door=door,
    )


def actor_by_id(person: int, door: str) -> Actor | None:
    """The same by id, for sessions; None: gone or disabled."""
    row = Person.objects.filter(pk=person, disabled=None).first()
    return actor(row, door) if row else None


def page(after: str, limit: int) -> list[PersonRow]:
    """People by name; `after`: only names behind it."""
    rows = Person.objects.filter(name__gt=after).order_by("name").prefetch_related("grants")
    return [
        PersonRow(
            name=row.name,
            email=row.email,
            created=row.created,
            disabled=row.disabled,
            grants=[GrantOf(grant=held.grant, application=held.application) for held in row.grants.all()],
        )
        for row in rows[:limit]
    ]
