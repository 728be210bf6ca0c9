"""Ask for the data that a deleted application left to be removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.store import operations


@dataclass(frozen=True)
class DropData(OnApplication[int]):
    """Commits the intent to remove the persistent directories of a deleted application; returns the operation's id.

    Attributes:
        app: The application.
        confirm: Its name, typed once more.

    Raises:
        InvalidInput: The typed name is another.
        NotFound: No data was left under this name.
    """

    name: ClassVar[str] = "data.drop"
    permission: ClassVar[Permission] = Permission.DATABASES
    long: ClassVar[bool] = True

    app: AppName
    confirm: str

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent."""
        facts.confirmed(self.app, self.confirm)
        facts.kept_data(self.app)
        return operations.request("drop-data", self.app, {}, actor.name)
