"""Ask for a release to be stopped and taken off the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnRelease
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import Conflict
from lampas.store import operations


@dataclass(frozen=True)
class RequestRetire(OnRelease[int]):
    """Commits the intent to stop a release and forget it on the nodes; returns the operation's id.

    Raises:
        NotFound: No such application or release.
        Conflict: It has traffic, or does not run.
    """

    name: ClassVar[str] = "release.retire"
    permission: ClassVar[Permission] = Permission.DEPLOY
    long: ClassVar[bool] = True

    app: AppName
    number: int

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent."""
        facts.release(self.app, self.number)
        live = next(iter(facts.settled(self.app)), {})
        share = live.get(str(self.number), 0)
        if share:
            raise Conflict(
                f"release {self.number} of {self.app} has {share} % of the traffic",
                f"give it to another first: lampas traffic {self.app} N=100",
            )
        if self.number not in facts.running(self.app):
            raise Conflict(f"release {self.number} of {self.app} does not run")
        return operations.request("retire", self.app, {"number": self.number}, actor.name)
