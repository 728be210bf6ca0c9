"""End a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.errors import NotFound
from lampas.store import tokens


@dataclass(frozen=True)
class RevokeToken(Action[None]):
    """Ends one of one's own tokens, at once. Those of others need the permission `people`.

    Raises:
        NotFound: No such token, or it is another's.
    """

    name: ClassVar[str] = "token.revoke"
    permission: ClassVar[Permission] = Permission.PUBLIC

    token: int

    @property
    def subject(self) -> str:
        """The token's number."""
        return str(self.token)

    def perform(self, actor: Actor) -> None:
        """Ends it."""
        if tokens.owner_of(self.token) != actor.name and not actor.may(Permission.PEOPLE):
            raise NotFound(f"there is no token {self.token}", "list yours: lampas token list")
        tokens.revoke(self.token)
