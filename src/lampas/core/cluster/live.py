"""What is live: of each application its hosts, its share-out of traffic and the port slots of its releases."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lampas.errors import Conflict


@dataclass(frozen=True)
class AppLive:
    """One application as the front sees it.

    Attributes:
        app: The application.
        hosts: Its own hosts, beside `APP.DOMAIN`.
        traffic: Release number → percent, adding up to 100; empty while nothing is live.
        slots: Release number → port, for every release that runs, with traffic or warm.
        static: Release number → the URL prefixes of static directories that the front serves itself.
        compressed: Releases among whose static files some may stand compressed beside their own.
    """

    app: str
    hosts: tuple[str, ...] = ()
    traffic: Mapping[int, int] = field(default_factory=dict)
    slots: Mapping[int, int] = field(default_factory=dict)
    static: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    compressed: frozenset[int] = frozenset()


def allocate(taken: Collection[int], first: int, count: int) -> int:
    """The lowest free port slot.

    Args:
        taken: The ports in use.
        first: The first slot.
        count: How many there are.

    Raises:
        Conflict: All are taken.
    """
    for port in range(first, first + count):
        if port not in taken:
            return port
    raise Conflict(
        f"all {count} port slots are taken", "retire releases that are no longer needed: lampas retire APP N"
    )
