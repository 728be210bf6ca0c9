"""Set a secret of an application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lampas.actions import definitions, facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.secrets import secret_name, secret_value
from lampas.core.names import AppName
from lampas.store import operations, secrets
from lampas.store.models import Application


@dataclass(frozen=True)
class SecretSet:
    """What came of it: the operation that renews what runs (None: nothing does), and whether the definition sets a
    variable of the same name, which the secret hides."""

    operation: int | None
    hides_setting: bool


@dataclass(frozen=True)
class SetSecret(OnApplication[SecretSet]):
    """Keeps the value sealed, and asks for the units that run to be renewed with it.

    Attributes:
        app: The application.
        key: The variable.
        value: Its value; it stands in no message, no audit row and no representation of this object.

    Raises:
        NotFound: No such application.
        InvalidInput: The name or the value cannot be used.
        Conflict: The application's secrets are too long together.
    """

    name: ClassVar[str] = "secret.set"
    permission: ClassVar[Permission] = Permission.DEPLOY
    long: ClassVar[bool] = True

    app: AppName
    key: str
    value: str = field(repr=False)

    @property
    def detail(self) -> Mapping[str, Any]:
        """The name alone."""
        return {"secret": self.key[:128]}

    def perform(self, actor: Actor) -> SecretSet:
        """Checks, seals, commits the intent."""
        definition = definitions.in_force(self.app)
        key = secret_name(self.key, database=definition.database == "own")
        Application.objects.get_or_create(name=self.app)
        secrets.put(self.app, key, secret_value(self.value), actor.name)
        runs = bool(facts.running(self.app))
        operation = operations.request("refresh", self.app, {}, actor.name) if runs else None
        return SecretSet(operation, key in definition.env)
