"""Grant a person what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Grant, Permission
from lampas.core.names import AppName
from lampas.store import people


@dataclass(frozen=True)
class GrantTo(Action[bool]):
    """Grants something to a person, on everything or on one application. False: they had it already.

    The permission is always asked on everything: what somebody holds is never decided by one application's people.

    Raises:
        NotFound: No such person.
    """

    name: ClassVar[str] = "user.grant"
    permission: ClassVar[Permission] = Permission.PEOPLE

    person: str
    grant: Grant
    on: AppName | None = None

    @property
    def subject(self) -> str:
        """To whom."""
        return self.person

    @property
    def detail(self) -> Mapping[str, Any]:
        """What, on what."""
        return {"grant": str(self.grant), "application": self.on}

    def perform(self, actor: Actor) -> bool:
        """Grants it."""
        return people.grant(self.person, self.grant, self.on or "")
