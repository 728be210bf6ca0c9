"""Ships content to a node: the manifests it is to hold, and of what they name, what it lacks."""

from __future__ import annotations

from collections.abc import Iterable

from lampas.core.nodestate import Manifest
from lampas.dispatch.interface import ManagementInterface
from lampas.store import artifacts


def ship(interface: ManagementInterface, manifests: Iterable[str]) -> int:
    """Sends what the node lacks of some releases; returns how many pieces went.

    A node that holds a manifest was given all that it names before it, so a second look costs one round trip.

    Args:
        interface: The node.
        manifests: Their sha256.
    """
    lacking = interface.missing(manifests)
    sent = 0
    for name in lacking:
        encoded = artifacts.get(name)
        manifest = Manifest.decode(encoded)
        names = [file.sha256 for file in manifest.files] + [wheel.sha256 for wheel in manifest.wheels]
        pieces = interface.missing(names)
        if pieces:
            interface.send(artifacts.get_many(pieces))
        interface.send([(name, encoded)])
        sent += len(pieces) + 1
    return sent
