"""End a person's account to an application's database before its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import NotFound
from lampas.store.models import DatabaseAccount


@dataclass(frozen=True)
class EndDatabaseAccount(OnApplication[DatabaseAccount]):
    """Allows it and writes it down; whoever ends the account calls `dispatch.visits.end`.

    Raises:
        NotFound: There is no such account.
    """

    name: ClassVar[str] = "database.leave"
    permission: ClassVar[Permission] = Permission.DATABASES

    app: AppName
    account: str

    @property
    def detail(self) -> Mapping[str, Any]:
        """Which account."""
        return {"account": self.account[:80]}

    def perform(self, actor: Actor) -> DatabaseAccount:
        """Finds it."""
        row = DatabaseAccount.objects.filter(application=self.app, account=self.account, ended=None).first()
        if row is None:
            raise NotFound(f"{self.app} has no account {self.account[:80]}", f"see: lampas db show {self.app}")
        return row
