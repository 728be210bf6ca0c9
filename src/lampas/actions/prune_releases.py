"""Ask for old releases to be forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.store import operations


@dataclass(frozen=True)
class PruneReleases(OnApplication[int]):
    """Commits the intent to delete releases that are neither among the newest `keep`, nor run, nor may be rolled back
    to, with the content that nothing else needs; returns the operation's id.

    Raises:
        InvalidInput: `keep` is no number from 1.
        NotFound: No such application.
    """

    name: ClassVar[str] = "release.prune"
    permission: ClassVar[Permission] = Permission.BUILD
    long: ClassVar[bool] = True

    app: AppName
    keep: int = 10

    @property
    def detail(self) -> Mapping[str, Any]:
        """How many stay."""
        return {"keep": self.keep}

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent."""
        facts.application(self.app)
        return operations.request("prune", self.app, {"keep": facts.kept(self.keep)}, actor.name)
