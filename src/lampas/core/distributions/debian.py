"""Debian packages that applications ask for: what must be on a node, and the errors where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from lampas.errors import Conflict, Failed


class NotApproved(Conflict):
    """Debian packages that no operator has approved: installing one runs its scripts as root on the nodes."""

    def __init__(self, packages: Sequence[str]) -> None:
        super().__init__(
            f"these Debian packages are not approved: {', '.join(packages)}",
            f"an operator approves them once: lampas packages approve {' '.join(packages)}",
        )
        self.packages = tuple(packages)


class NotInstalled(Failed):
    """Debian packages that a node lacks and that could not be installed there."""

    def __init__(self, node: str, packages: Sequence[str], reason: str) -> None:
        super().__init__(
            f"{node} lacks Debian packages that were asked for, {', '.join(packages)}: {reason}",
            f"as root on {node}: apt-get install --no-install-recommends {' '.join(packages)}",
        )
        self.node = node
        self.packages = tuple(packages)


class PackageKeeper(Protocol):
    """Sees to it that the node that builds has Debian packages; `dispatch` fills it through an agent."""

    def ensure(self, packages: Sequence[str]) -> Mapping[str, str]:
        """The versions of some packages, all of which are installed when it returns.

        Raises:
            NotApproved: One is missing and no operator has approved it.
            NotInstalled: One could not be installed.
            Unreachable: The node does not answer.
        """
