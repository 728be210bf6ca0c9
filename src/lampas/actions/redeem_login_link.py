"""Use a one-time login link."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.store import accounts


@dataclass(frozen=True)
class RedeemLoginLink(Action[accounts.Opened]):
    """Uses a link up and says whom it lets in. Whoever opens the session gives it a new key.

    Attributes:
        person: Whose link it is, from `store.accounts.look_at_link`.
        secret: The secret part of the link.

    Raises:
        LinkRefused: The link is unknown, used or expired.
    """

    name: ClassVar[str] = "login.redeem"
    permission: ClassVar[Permission] = Permission.PUBLIC

    person: str
    secret: str = field(repr=False)

    @property
    def subject(self) -> str:
        """Who comes in."""
        return self.person

    def perform(self, actor: Actor) -> accounts.Opened:
        """Uses it up."""
        return accounts.redeem_link(self.secret)


def visitor(person: str) -> Actor:
    """Who acts when a link is redeemed: its person, before anything that is granted to them counts."""
    return Actor(name=person, held=(), door="login-link")
