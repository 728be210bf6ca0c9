"""Nodes get the Debian packages that releases ask for, before anything of the release runs there."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from lampas import process
from lampas.core.distributions.debian import NotApproved, NotInstalled
from lampas.core.nodestate import PackageOrder
from lampas.dispatch import nodes
from lampas.errors import Failed
from lampas.store import packages
from lampas.store.models import Node, Release

_LIFETIME = 60  # seconds until a node refuses the order
_TOLD = ("SSL_CERT_FILE", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class AgentPackages:
    """Fills the port `PackageKeeper` of `build` through the Management Interface of the console's node."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Installs nothing yet.

        Args:
            tell: Hears what apt-get says.
        """
        self._tell = tell

    def ensure(self, wanted: Sequence[str]) -> Mapping[str, str]:
        """As `ensure`, on the console's node."""
        return ensure(nodes.of_console(), wanted, self._tell)


def of_releases(manifests: Iterable[str]) -> list[str]:
    """The Debian packages that some releases ask for.

    Args:
        manifests: The sha256 of their manifests.
    """
    rows = Release.objects.filter(manifest__in=list(manifests)).values_list("definition", flat=True)
    return sorted({str(name) for definition in rows for name in definition.get("packages", ())})


def ensure(node: Node, wanted: Sequence[str], tell: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """The versions of some packages on a node, all of which are installed there when it returns.

    Args:
        node: The node.
        wanted: Names.
        tell: Hears what apt-get says.

    Raises:
        NotApproved: One is missing and no operator has approved it.
        NotInstalled: One could not be installed.
        Unreachable: The node does not answer.
    """
    if not wanted:
        return {}
    interface = nodes.connect(node)
    there = interface.packages(wanted)
    missing = [name for name in wanted if name not in there]
    if not missing:
        return there
    unapproved = sorted(set(missing) - packages.approved(missing))
    if unapproved:
        raise NotApproved(unapproved)
    expires = int(time.time()) + _LIFETIME
    environment = {name: text for name, text in process.clean_environment().items() if name in _TOLD}
    tell(f"{node.name} installs {', '.join(missing)}\n")
    try:
        told = interface.install(PackageOrder(node.name, expires, secrets.token_hex(16), tuple(missing), environment))
    except Failed as error:
        raise NotInstalled(node.name, missing, error.message) from error
    tell(str(told.get("said", "")))
    there = interface.packages(wanted)
    missing = [name for name in wanted if name not in there]
    if missing:
        raise NotInstalled(node.name, missing, "apt-get installed others")
    return there
