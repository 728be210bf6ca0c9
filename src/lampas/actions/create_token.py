"""Make a token for oneself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.store import tokens


@dataclass(frozen=True)
class CreateToken(Action[tokens.Issued]):
    """Makes a token that can do what its owner may. It needs no grant: it gives nobody more than they have.

    Attributes:
        label: What its owner calls it.
        lifetime: After which it expires; None: never.
    """

    name: ClassVar[str] = "token.create"
    permission: ClassVar[Permission] = Permission.PUBLIC

    label: str
    lifetime: timedelta | None

    @property
    def subject(self) -> str:
        """The token's name."""
        return self.label

    @property
    def detail(self) -> Mapping[str, Any]:
        """Its lifetime in days."""
        return {"days": self.lifetime / timedelta(days=1) if self.lifetime is not None else None}

    def perform(self, actor: Actor) -> tokens.Issued:
        """Makes it."""
        return tokens.issue(actor.name, self.label, self.lifetime)
