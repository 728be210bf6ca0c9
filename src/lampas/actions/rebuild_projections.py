"""Recreate every projection from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lampas.actions import code
from lampas.actions.frame import Action
from lampas.build import heads
from lampas.core.accounts import Actor, Permission
from lampas.store import projections


@dataclass(frozen=True)
class RebuildProjections(Action[bool]):
    """Makes the module tables, and who needs a file, anew from the packs and from what releases recorded. Whether
    anything was different before.

    Caches on disk need no rebuilding: they are brought up to date whenever they are read.
    """

    name: ClassVar[str] = "rebuild"
    permission: ClassVar[Permission] = Permission.NODES

    @property
    def subject(self) -> str:
        """All of them."""
        return "projections"

    def perform(self, actor: Actor) -> bool:
        """Rebuilds them."""
        wrong = heads.rebuild(code.reader())
        return projections.rebuild(code.reader()) or wrong
