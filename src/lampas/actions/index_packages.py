"""Ask for the index of Perl modules in Debian packages to be made anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.store import operations


@dataclass(frozen=True)
class IndexPackages(Action[int]):
    """Commits the intent of reading the lists of files of the Debian mirrors that the console's machine knows; returns
    the operation's id."""

    name: ClassVar[str] = "packages.index"
    permission: ClassVar[Permission] = Permission.NODES
    long: ClassVar[bool] = True

    @property
    def subject(self) -> str:
        """The index."""
        return "packages"

    def perform(self, actor: Actor) -> int:
        """Commits the intent."""
        return operations.request("index-packages", AppName(""), {}, actor.name)
