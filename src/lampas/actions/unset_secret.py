"""Take a secret of an application away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import NotFound
from lampas.store import operations, secrets


@dataclass(frozen=True)
class UnsetSecret(OnApplication[int | None]):
    """Forgets the value, and asks for the units that run to be renewed without it.

    Returns the operation that does it; None where nothing runs.

    Attributes:
        app: The application.
        key: The variable.

    Raises:
        NotFound: No such application, or it has no such secret.
    """

    name: ClassVar[str] = "secret.unset"
    permission: ClassVar[Permission] = Permission.DEPLOY
    long: ClassVar[bool] = True

    app: AppName
    key: str

    @property
    def detail(self) -> Mapping[str, Any]:
        """The name alone."""
        return {"secret": self.key[:128]}

    def perform(self, actor: Actor) -> int | None:
        """Checks, forgets, commits the intent."""
        if self.key not in {each.name for each in secrets.names(self.app)}:
            raise NotFound(f"{self.app} has no such secret", f"see: lampas secret list {self.app}")
        secrets.forget(self.app, [self.key])
        if not facts.running(self.app):
            return None
        return operations.request("refresh", self.app, {}, actor.name)
