"""Take the approval of a Debian package back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.errors import NotFound
from lampas.store import packages


@dataclass(frozen=True)
class WithdrawPackage(Action[None]):
    """Has a package no longer installed where a release asks for it. Where it is installed it stays.

    Attributes:
        package: Its name.

    Raises:
        NotFound: It is not approved.
    """

    name: ClassVar[str] = "packages.withdraw"
    permission: ClassVar[Permission] = Permission.NODES

    package: str

    @property
    def subject(self) -> str:
        """The package."""
        return self.package

    def perform(self, actor: Actor) -> None:
        """Does it."""
        del actor
        if not packages.withdraw(self.package):
            raise NotFound(f"the Debian package {self.package!r} is not approved", "see: lampas packages list")
