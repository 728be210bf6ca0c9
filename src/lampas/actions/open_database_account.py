"""Have an account of one's own to an application's database, for a while."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from lampas.actions import facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.databases import names
from lampas.core.names import AppName
from lampas.errors import InvalidInput
from lampas.store.models import DatabaseAccount

LONGEST = 12 * 60  # minutes


@dataclass(frozen=True)
class OpenDatabaseAccount(OnApplication[DatabaseAccount]):
    """Allows an account and writes down whose it is; whoever makes it calls `dispatch.visits.begin`.

    Attributes:
        app: The application.
        minutes: After which it ends, with its connections.
        read_only: Whether it may read alone.
        lot: What tells it from their other accounts; it ends the account's name.

    Raises:
        NotFound: The application has no database.
        InvalidInput: The time is none.
    """

    name: ClassVar[str] = "database.enter"
    permission: ClassVar[Permission] = Permission.DATABASES

    app: AppName
    minutes: int
    read_only: bool
    lot: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def detail(self) -> Mapping[str, Any]:
        """For how long, to do what, and how the account's name ends."""
        return {"minutes": self.minutes, "read_only": self.read_only, "lot": self.lot}

    def perform(self, actor: Actor) -> DatabaseAccount:
        """Checks and writes it down."""
        if not 1 <= self.minutes <= LONGEST:
            raise InvalidInput(f"an account lasts 1 to {LONGEST} minutes")
        facts.database(self.app)
        expires = datetime.now(UTC) + timedelta(minutes=self.minutes)
        return DatabaseAccount.objects.create(
            account=names.of_person(actor.name, int(expires.timestamp()), self.lot),
            person=actor.name,
            application=self.app,
            read_only=self.read_only,
            expires=expires,
        )
