"""Say how interrupted setup hooks stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions.frame import OnRelease
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.core.release import setup
from lampas.dispatch.setup import work_of
from lampas.errors import Conflict, InvalidInput, NotFound
from lampas.store import setups
from lampas.store.models import Release


@dataclass(frozen=True)
class MarkSetup(OnRelease[None]):
    """Writes down that setup hooks are done on the application's database, or shall run again at the next deployment.

    Raises:
        NotFound: No such application or release.
        InvalidInput: The word is neither "done" nor "again".
        Conflict: The release has no setup hooks, or they run now.
    """

    name: ClassVar[str] = "setup.mark"
    permission: ClassVar[Permission] = Permission.DEPLOY

    app: AppName
    number: int
    state: str

    @property
    def detail(self) -> Mapping[str, Any]:
        """What was said of them."""
        return {"state": self.state}

    def perform(self, actor: Actor) -> None:
        """Writes it down."""
        if self.state not in (setup.DONE, setup.AGAIN):
            raise InvalidInput(f"{self.state!r} is no word for setup hooks", "say done or again")
        row = (
            Release.objects.select_related("application")
            .filter(application__name=self.app, application__deleted=None, number=self.number)
            .first()
        )
        if row is None:
            raise NotFound(f"{self.app} has no release {self.number}", f"list them: lampas release list {self.app}")
        work = work_of(row)
        if work is None:
            raise Conflict(f"release {self.number} of {self.app} has no setup hooks")
        if setups.is_locked(self.app):
            raise Conflict(f"the setup hooks of {self.app} run now", "wait for their end")
        found = setups.find(work)
        setups.write(work, self.number, self.state, actor.name, found.log if found else "")
