"""Approve Debian packages that applications ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.core.definition import checks
from lampas.errors import InvalidInput
from lampas.store import packages


@dataclass(frozen=True)
class ApprovePackages(Action[list[str]]):
    """Lets packages be installed on nodes when a release asks for them; returns those that were not approved before.

    Installing a package runs its scripts as root, so it takes the right over nodes.

    Attributes:
        names: The packages.

    Raises:
        InvalidInput: One is no name of a package, or there is none.
    """

    name: ClassVar[str] = "packages.approve"
    permission: ClassVar[Permission] = Permission.NODES

    names: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The first of them."""
        return self.names[0] if self.names else "packages"

    @property
    def detail(self) -> Mapping[str, Any]:
        """All of them."""
        return {"packages": list(self.names)}

    def perform(self, actor: Actor) -> list[str]:
        """Does it."""
        names = checked(self.names)
        return packages.approve(names, actor.name)


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """The same names, each once.

    Raises:
        InvalidInput: One is no name of a package, or there is none.
    """
    if not names:
        raise InvalidInput("no Debian package is named", "name at least one, as libdbi-perl")
    try:
        return tuple(dict.fromkeys(checks.package(name) for name in names))
    except checks.Bad as error:
        raise InvalidInput(str(error), error.remedy) from error
