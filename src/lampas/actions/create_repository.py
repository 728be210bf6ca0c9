"""Make an empty repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import code
from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.core.names import RepositoryName


@dataclass(frozen=True)
class CreateRepository(Action[None]):
    """Makes a repository.

    Raises:
        Conflict: The name is taken.
    """

    name: ClassVar[str] = "repo.create"
    permission: ClassVar[Permission] = Permission.CODE

    repository: RepositoryName

    @property
    def subject(self) -> str:
        """The repository."""
        return self.repository

    def perform(self, actor: Actor) -> None:
        """Makes it."""
        code.writer().create(self.repository)
