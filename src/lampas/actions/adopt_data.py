"""Give an application the data that an earlier one of its name left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName


@dataclass(frozen=True)
class AdoptData(OnApplication[None]):
    """Makes persistent directories that were kept the application's own again.

    Raises:
        NotFound: No such application, or no data was kept.
    """

    name: ClassVar[str] = "data.adopt"
    permission: ClassVar[Permission] = Permission.DATABASES

    app: AppName

    def perform(self, actor: Actor) -> None:
        """Does it."""
        del actor
        facts.application(self.app)
        facts.kept_data(self.app).delete()
