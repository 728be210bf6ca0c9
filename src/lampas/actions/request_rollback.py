"""Ask for the traffic that was before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import Conflict
from lampas.store import operations


@dataclass(frozen=True)
class RequestRollback(OnApplication[int]):
    """Commits the intent to go back to the traffic table that was settled before this one; returns the operation's id.

    Raises:
        NotFound: No such application.
        Conflict: There is nothing before.
    """

    name: ClassVar[str] = "traffic.rollback"
    permission: ClassVar[Permission] = Permission.DEPLOY
    long: ClassVar[bool] = True

    app: AppName

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent."""
        facts.application(self.app)
        if len(facts.settled(self.app)) < 2:
            raise Conflict(
                f"{self.app} has nothing to roll back to", f"see what was live: lampas release list {self.app}"
            )
        return operations.request("rollback", self.app, {}, actor.name)
