"""The rows that a node starts with. Each function may be called again and changes nothing then."""

from __future__ import annotations

from collections.abc import Sequence

from lampas.actions.create_login_link import CreateLoginLink
from lampas.actions.frame import perform
from lampas.core.accounts import Grant
from lampas.git import cluster
from lampas.git.writer import GitWriter
from lampas.server.configuration import from_environment
from lampas.store import people, tokens
from lampas.store.models import GrantRow, Node, Operation, Person, Token


def administrator(name: str) -> None:
    """The person who set the node up, with everything granted to them."""
    person, made = Person.objects.get_or_create(name=name)
    if made:
        GrantRow.objects.create(person=person, grant=str(Grant.ADMINISTRATOR))


def operator_token(name: str, secret: str) -> None:
    """The token of the command line on this machine."""
    Token.objects.get_or_create(
        digest=tokens.digest(secret),
        defaults={"person": Person.objects.get(name=name), "name": "operator", "hint": secret[:11]},
    )


def node(address: str, roles: Sequence[str], key: str) -> None:
    """This node's own row; its address, home and key follow the settings. In another home nothing runs yet."""
    configuration = from_environment()
    row, _made = Node.objects.get_or_create(
        name=configuration.node,
        defaults={"address": address, "home": configuration.home, "roles": list(roles), "state": "unknown"},
    )
    if row.home != configuration.home:
        Node.objects.filter(pk=row.pk).update(home=configuration.home, sent=b"")
    if (row.address, row.key) != (address, key):
        Node.objects.filter(pk=row.pk).update(address=address, key=key)


def repository() -> None:
    """The repository `cluster`."""
    cluster.ensure(GitWriter(from_environment()))


def resend(name: str) -> None:
    """Has the worker send every node what it should run."""
    Operation.objects.create(kind="resend", application="", intent={}, actor=name)


def login_link(name: str) -> str:
    """A one-time login link, made by the person themself; returns its secret part."""
    return perform(CreateLoginLink(name), people.actor(people.find(name), "host"))
