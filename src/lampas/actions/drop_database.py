"""Ask for an application's database to be ended, with its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import Conflict
from lampas.store import operations
from lampas.store.models import Slot


@dataclass(frozen=True)
class DropDatabase(OnApplication[int]):
    """Commits the intent to drop the database of an application that does not run with it; returns the operation's id.

    Attributes:
        app: The application; it may be deleted already.
        confirm: Its name, typed once more.

    Raises:
        InvalidInput: The typed name is another.
        NotFound: It has no database.
        Conflict: A release that runs uses it.
    """

    name: ClassVar[str] = "database.drop"
    permission: ClassVar[Permission] = Permission.DATABASES
    long: ClassVar[bool] = True

    app: AppName
    confirm: str

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent."""
        facts.confirmed(self.app, self.confirm)
        facts.database(self.app)
        running = Slot.objects.filter(release__application__name=self.app, release__definition__database="own")
        if running.exists():
            numbers = ", ".join(str(number) for number in sorted(running.values_list("release__number", flat=True)))
            raise Conflict(
                f"{self.app} runs with its database: release {numbers}",
                f"retire those releases, or delete the application first: lampas app delete {self.app}",
            )
        return operations.request("drop", self.app, {}, actor.name)
