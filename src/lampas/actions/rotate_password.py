"""Ask for a new password of an application's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.store import operations


@dataclass(frozen=True)
class RotatePassword(OnApplication[int]):
    """Commits the intent to change the password without a failed request; returns the operation's id.

    Raises:
        NotFound: The application has no database.
    """

    name: ClassVar[str] = "database.rotate"
    permission: ClassVar[Permission] = Permission.DATABASES
    long: ClassVar[bool] = True

    app: AppName

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent."""
        facts.database(self.app)
        return operations.request("rotate", self.app, {}, actor.name)
