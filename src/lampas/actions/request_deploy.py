"""Ask for a release to be deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnRelease
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.store import operations


@dataclass(frozen=True)
class RequestDeploy(OnRelease[int]):
    """Commits the intent that a release runs everywhere and is given traffic; returns the operation's id.

    Attributes:
        app: The application.
        number: The release.
        traffic: Its share in percent, the others scale in proportion; None: all of it.

    Raises:
        InvalidInput: The share is none.
        NotFound: No such application or release.
        Conflict: The release was not verified, or failed.
    """

    name: ClassVar[str] = "release.deploy"
    permission: ClassVar[Permission] = Permission.DEPLOY
    long: ClassVar[bool] = True

    app: AppName
    number: int
    traffic: int | None = None

    @property
    def detail(self) -> Mapping[str, Any]:
        """The share."""
        return {"traffic": self.traffic}

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent."""
        if self.traffic is not None:
            facts.percent(self.traffic)
        facts.deployable(self.app, self.number)
        facts.no_kept_data(self.app)
        intent = {"number": self.number, "traffic": self.traffic}
        return operations.request("deploy", self.app, intent, actor.name)
