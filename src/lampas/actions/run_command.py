"""Run a one-off command in a release's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnRelease
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import InvalidInput
from lampas.store import audit

_MOST_WORDS = 50  # of a command that the audit keeps
_LONGEST = 200  # characters of one of them


@dataclass(frozen=True)
class RunCommand(OnRelease[None]):
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
    def detail(self) -> Mapping[str, Any]:
        """The command as it was given; never what it reads."""
        return {"argv": [word[:_LONGEST] for word in self.argv[:_MOST_WORDS]]}

    def perform(self, actor: Actor) -> None:
        """Checks that it can be run."""
        if not self.argv or not self.argv[0]:
            raise InvalidInput("there is no command to run", "give one: lampas run APP N -- CMD…")
        facts.deployable(self.app, self.number)

    def record_end(self, actor: Actor, status: int | None, seconds: float) -> None:
        """Writes the outcome down: its exit status, and how long it took.

        Args:
            actor: Who ran it.
            status: As a shell gives it; None: whoever ran it went away, which ended it.
            seconds: How long it ran.
        """
        audit.append(
            actor=actor.name,
            door=actor.door,
            action=self.name,
            subject=self.subject,
            application=self.app,
            detail={**self.detail, "status": status, "seconds": round(seconds, 1)},
            outcome="done" if status == 0 else "failed",
        )
