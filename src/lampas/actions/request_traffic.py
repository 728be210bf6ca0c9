"""Ask for another split of an application's traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import Conflict, InvalidInput
from lampas.store import operations


@dataclass(frozen=True)
class RequestTraffic(OnApplication[int]):
    """Commits the intent of a traffic table; returns the operation's id.

    Attributes:
        app: The application.
        table: Percent by release number; they add up to 100.

    Raises:
        InvalidInput: They do not add up, or one is no share.
        NotFound: No such application or release.
        Conflict: A release that is given traffic does not run, or was not verified.
    """

    name: ClassVar[str] = "traffic.set"
    permission: ClassVar[Permission] = Permission.DEPLOY
    long: ClassVar[bool] = True

    app: AppName
    table: Mapping[int, int]

    @property
    def detail(self) -> Mapping[str, Any]:
        """The table."""
        return {"traffic": {str(number): share for number, share in self.table.items()}}

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent."""
        total = sum(facts.percent(share) for share in self.table.values())
        if total != 100:
            raise InvalidInput(f"the shares add up to {total}, not to 100", "give each release its share: 1=90 2=10")
        running = facts.running(self.app)
        for number, share in self.table.items():
            facts.deployable(self.app, number)
            if share and number not in running:
                raise Conflict(
                    f"release {number} of {self.app} does not run",
                    f"start it first: lampas deploy {self.app} {number} --traffic 0",
                )
        table = {str(number): share for number, share in sorted(self.table.items()) if share}
        return operations.request("traffic", self.app, {"table": table}, actor.name)
