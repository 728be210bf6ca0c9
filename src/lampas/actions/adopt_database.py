"""Give an application the database that an earlier one of its name left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import Conflict


@dataclass(frozen=True)
class AdoptDatabase(OnApplication[None]):
    """Makes a database that was kept the application's own again.

    Raises:
        NotFound: No such application, or no database was kept.
        Conflict: It is the application's own already.
    """

    name: ClassVar[str] = "database.adopt"
    permission: ClassVar[Permission] = Permission.DATABASES

    app: AppName

    def perform(self, actor: Actor) -> None:
        """Does it."""
        row = facts.database(self.app)
        if row.detached is None:
            raise Conflict(f"{self.app} has its database already")
        facts.application(self.app)
        row.detached = None
        row.save(update_fields=["detached"])
