"""Pins: single files of a release that are taken from another commit than the rest of their repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lampas.core.history.values import TreeEntry
from lampas.core.names import Oid, RepositoryName, repository_name
from lampas.errors import InvalidInput


@dataclass(frozen=True)
class Pin:
    """One file at a revision of its own.

    Attributes:
        repository: Where it stands.
        path: Its path.
        commit: The commit that it is taken from.
        revision: Its blob there.
        mode: Its git mode there.
    """

    repository: RepositoryName
    path: str
    commit: Oid
    revision: Oid
    mode: int

    @property
    def entry(self) -> TreeEntry:
        """It as a tree has it. Its size is not known."""
        return TreeEntry(self.path, self.revision, self.mode, 0)

    def public(self) -> dict[str, Any]:
        """As a release records it."""
        return {
            "repository": self.repository,
            "path": self.path,
            "commit": self.commit,
            "revision": self.revision,
            "mode": self.mode,
            "provenance": "pinned",
        }

    @staticmethod
    def read(raw: Mapping[str, Any]) -> Pin:
        """Reads what `public` wrote."""
        return Pin(
            RepositoryName(raw["repository"]), raw["path"], Oid(raw["commit"]), Oid(raw["revision"]), raw["mode"]
        )


def spoken(name: str) -> tuple[RepositoryName | None, str]:
    """What a pin names, as people write it: `shop/cart.py`, `shop.cart`, `common:pkg.mod`.

    Returns:
        The repository (None: it was not said), and a path or the name of a module.

    Raises:
        InvalidInput: It is neither.
    """
    front, colon, rest = name.partition(":")
    if not colon:
        front, rest = "", name
    if not rest or (colon and not front):
        raise InvalidInput(f"{name!r} names nothing to pin", "write PATH=REV, MODULE=REV or REPO:MODULE=REV")
    return (repository_name(front) if front else None), rest


def over(base: Sequence[Pin], new: Sequence[Pin]) -> tuple[Pin, ...]:
    """The pins of a release that is made from another one: its own, and those of the other that they leave."""
    found = {(pin.repository, pin.path): pin for pin in (*base, *new)}
    return tuple(found[place] for place in sorted(found))
