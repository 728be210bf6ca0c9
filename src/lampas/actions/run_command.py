"""Run a one-off command in a release's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import facts
from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import InvalidInput
from lampas.store import audit


@dataclass(frozen=True)
class RunCommand(Action[None]):
    """Allows a command and writes down that it starts; whoever runs it calls `record_end` when it has ended.

    Raises:
        InvalidInput: There is no command.
        NotFound: No such application or release.
        Conflict: The release was not verified, or failed.
    """

    name: ClassVar[str] = "release.run"
    permission: ClassVar[Permission] = Permission.DEPLOY
    long: ClassVar[bool] = True

    app: AppName
    number: int
    argv: tuple[str, ...]

    @property
    def application(self) -> AppName:
        """The application."""
        return self.app

    @property
    def subject(self) -> str:
        """The release."""
        return f"{self.app}/{self.number}"

    @property
    def detail(self) -> Mapping[str, Any]:
        """The program alone: its arguments may be secret."""
        return {"program": self.argv[0][:200] if self.argv else ""}

    def perform(self, actor: Actor) -> None:
        """Checks that it can be run."""
        if not self.argv or not self.argv[0]:
            raise InvalidInput("there is no command to run", "give one: lampas run APP N -- CMD…")
        facts.deployable(self.app, self.number)

    def record_end(self, actor: Actor, status: int | None) -> None:
        """Writes the outcome down; `status` None: its end is not known."""
        audit.append(
            actor=actor.name,
            door=actor.door,
            action=self.name,
            subject=self.subject,
            application=self.app,
            detail={**self.detail, "status": status},
            outcome="done" if status == 0 else "failed",
        )
