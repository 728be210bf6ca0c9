"""Make a one-time login link for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.store import accounts


@dataclass(frozen=True)
class CreateLoginLink(Action[str]):
    """Makes the link and returns its secret part, which is shown this once.

    Raises:
        NotFound: No such person.
    """

    name: ClassVar[str] = "login.link"
    permission: ClassVar[Permission] = Permission.PEOPLE

    person: str

    @property
    def subject(self) -> str:
        """For whom."""
        return self.person

    def perform(self, actor: Actor) -> str:
        """Makes it."""
        return accounts.make_link(self.person)
