"""The rows that a node starts with. Each function may be called again and changes nothing then."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from lampas.core.accounts import Grant
from lampas.server.configuration import from_environment
from lampas.store.models import GrantRow, LoginLink, Node, Person, Token


def administrator(name: str) -> None:
    """The person who set the node up, with everything granted to them."""
    person, made = Person.objects.get_or_create(name=name)
    if made:
        GrantRow.objects.create(person=person, grant=str(Grant.ADMINISTRATOR))


def operator_token(name: str, secret: str) -> None:
    """The token of the command line on this machine."""
    Token.objects.get_or_create(
        digest=sha256(secret.encode()).hexdigest(),
        defaults={"person": Person.objects.get(name=name), "name": "operator", "hint": secret[:11]},
    )


def node(address: str, roles: Sequence[str]) -> None:
    """This node's own row; its address follows the settings."""
    configuration = from_environment()
    row, _made = Node.objects.get_or_create(
        name=configuration.node,
        defaults={"address": address, "home": configuration.home, "roles": list(roles), "state": "unknown"},
    )
    if (row.address, row.home) != (address, configuration.home):
        Node.objects.filter(pk=row.pk).update(address=address, home=configuration.home)


def repository(name: str) -> None:
    """The repository `cluster`."""


def login_link(name: str) -> str:
    """A one-time login link; returns its secret part."""
    secret = secrets.token_urlsafe(32)
    LoginLink.objects.create(
        person=Person.objects.get(name=name),
        digest=sha256(secret.encode()).hexdigest(),
        expires=datetime.now(UTC) + timedelta(minutes=15),
    )
    return secret
