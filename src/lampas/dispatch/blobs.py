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
    sent = 0
    for name in interface.missing(manifests):
        encoded = artifacts.get(name)
        sent += _send(interface, Manifest.decode(encoded), encoded)
    return sent


def ship_draft(interface: ManagementInterface, manifest: Manifest) -> None:
    """Sends what the node lacks of a tree that is no release yet, and its manifest, which is kept nowhere else."""
    if interface.missing([manifest.sha256]):
        _send(interface, manifest, manifest.encode())


def ship_inputs(interface: ManagementInterface, names: Iterable[str]) -> None:
    """Sends what the node lacks of single pieces of content."""
    pieces = interface.missing(names)
    if pieces:
        interface.send(artifacts.get_many(pieces))


def _send(interface: ManagementInterface, manifest: Manifest, encoded: bytes) -> int:
    """The manifest goes last: a node that holds it was given all that it names."""
    names = [file.sha256 for file in manifest.files] + [wheel.sha256 for wheel in manifest.wheels]
    pieces = interface.missing(names)
    if pieces:
        interface.send(artifacts.get_many(pieces))
    interface.send([(manifest.sha256, encoded)])
    return len(pieces) + 1
