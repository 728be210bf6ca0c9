"""Ask for an application to be stopped and forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import code, facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import CLUSTER, AppName
from lampas.errors import NotFound
from lampas.store import operations


@dataclass(frozen=True)
class DeleteApplication(OnApplication[int]):
    """Takes an application's definition out of the cluster and commits the intent to stop all that runs of it.

    Its releases stay stored: what was deployed once can still be read. Returns the operation's id.

    Attributes:
        app: The application.
        confirm: Its name, typed once more.

    Raises:
        InvalidInput: The typed name is another.
        NotFound: No such application.
    """

    name: ClassVar[str] = "app.delete"
    permission: ClassVar[Permission] = Permission.DEPLOY
    long: ClassVar[bool] = True

    app: AppName
    confirm: str

    def perform(self, actor: Actor) -> int:
        """Checks, takes the definition out, commits the intent."""
        facts.confirmed(self.app, self.confirm)
        facts.application(self.app)
        self._forget_definition(actor)
        return operations.request("delete", self.app, {}, actor.name)

    def _forget_definition(self, actor: Actor) -> None:
        path = f"apps/{self.app}.toml"
        try:
            head = code.head(CLUSTER, "main")
        except NotFound:
            return
        if head is not None and path in code.reader().tree(CLUSTER, head):
            code.commit(actor, CLUSTER, "main", {path: None}, f"{self.app}: delete the application", head)
