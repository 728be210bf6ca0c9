"""Add a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.store import people


@dataclass(frozen=True)
class AddPerson(Action[None]):
    """Adds a person, who may do nothing until something is granted.

    Raises:
        InvalidInput: The name cannot be used.
        Conflict: It is taken.
    """

    name: ClassVar[str] = "user.add"
    permission: ClassVar[Permission] = Permission.PEOPLE

    person: str
    email: str = ""

    @property
    def subject(self) -> str:
        """Whom."""
        return self.person

    def perform(self, actor: Actor) -> None:
        """Adds them."""
        people.add(self.person, self.email)
