"""Releases × cluster → one NodeState for each node: a pure function, so it is seen as a diff before it is applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from lampas.core.cluster.live import AppLive
from lampas.core.nodestate import NodeState, Ready, ReleaseOnNode, Unit
from lampas.core.serving import maps, units
from lampas.errors import InvalidInput

Key = tuple[str, int, int]  # application, release number, port


@dataclass(frozen=True)
class NodePlace:
    """What is known of the node.

    Attributes:
        name: Its name.
        home: LAMPAS's home on it.
        domain: What application hosts end in.
        front_secret: The secret that the keys of its units are made from.
        modules: Where Apache's modules stand on it.
    """

    name: str
    home: str
    domain: str
    front_secret: str
    modules: str = "/usr/lib/apache2/modules"


@dataclass(frozen=True)
class RunningRelease:
    """A release that is to run: what of its definition shapes its unit.

    Attributes:
        app: The application.
        number: Its number.
        release: Its id.
        manifest: The sha256 of its manifest.
        entry: As the definition gives it.
        root: Where module names start.
        processes: Daemon processes.
        threads: Threads of each.
        static: URL prefix → directory.
        persist: Its persistent directories.
        canonical_host: The host that the application is given; "" is the one that was asked.
        env: `[app.NAME.env]`.
        sealed: Its secrets and the access to its database, sealed to the node; "" where there are none.
        seconds: How long its start may take.
    """

    app: str
    number: int
    release: str
    manifest: str
    entry: str
    root: str = ""
    processes: int = 2
    threads: int = 15
    static: Mapping[str, str] = field(default_factory=dict)
    persist: tuple[str, ...] = ()
    canonical_host: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    sealed: str = ""
    seconds: float = 60.0

    def __hash__(self) -> int:
        """By what tells releases apart; equality still compares everything."""
        return hash((self.app, self.number, self.release))


def render(
    node: NodePlace,
    apps: Sequence[AppLive],
    releases: Sequence[RunningRelease],
    standing: Mapping[Key, Unit] = MappingProxyType({}),
    *,
    generation: int,
    expires: int,
    drain: float = 5.0,
) -> NodeState:
    """The whole desired state of an appserver node.

    Args:
        node: The node.
        apps: What is live, with a port for every release that runs.
        releases: Every release that has a port in `apps`; exactly those.
        standing: Units that run there. One whose release still has its port goes on as it is, whatever it would be
            rendered to now: who wants it renewed gives it another port.
        generation: Grows with each change.
        expires: Unix seconds after which the agent refuses it.
        drain: Seconds that a unit without traffic is left before it is stopped.

    Raises:
        InvalidInput: Ports and releases do not fit each other, or a value cannot stand in a configuration.
        Conflict: Two applications claim one host.
    """
    ports = {(app.app, number): port for app in apps for number, port in app.slots.items()}
    ordered = sorted(releases, key=lambda release: (release.app, release.number))
    _same(set(ports), {(release.app, release.number) for release in ordered})
    if len(set(ports.values())) != len(ports):
        raise InvalidInput("two releases have the same port slot")
    return NodeState(
        node=node.name,
        generation=generation,
        expires=expires,
        apps=tuple(sorted(app.app for app in apps)),
        releases=tuple(ReleaseOnNode(each.app, each.number, each.release, each.manifest) for each in ordered),
        units=tuple(
            standing.get((each.app, each.number, port)) or unit(node, each, port)
            for each in ordered
            for port in [ports[each.app, each.number]]
        ),
        maps=maps.render(node.domain, node.front_secret, apps),
        drain=drain,
    )


@lru_cache(maxsize=1024)
def unit(node: NodePlace, release: RunningRelease, port: int) -> Unit:
    """The unit of one release on one node. It is remembered: a change of traffic renders no unit anew.

    Raises:
        InvalidInput: A value cannot stand in a configuration.
    """
    key = maps.key(node.front_secret, release.app)
    settings = units.ReleaseUnit(
        home=node.home,
        app=release.app,
        number=release.number,
        port=port,
        key=key,
        entry=release.entry,
        root=release.root,
        processes=release.processes,
        threads=release.threads,
        static=release.static,
        persist=release.persist,
        canonical_host=release.canonical_host,
        modules=node.modules,
    )
    host = release.canonical_host or f"{release.app}.{node.domain}"
    return Unit(
        app=release.app,
        number=release.number,
        port=port,
        config=units.config(settings),
        shim=units.shim(settings),
        env=units.environment(node.home, release.app, release.number, release.env),
        ready=Ready("/", host, release.processes, release.seconds, key),
        sealed=release.sealed,
        by_port=True,
    )


def _same(slots: set[tuple[str, int]], releases: set[tuple[str, int]]) -> None:
    for app, number in sorted(slots ^ releases):
        what = "has a port but is no release here" if (app, number) in slots else "has no port"
        raise InvalidInput(f"{app} {number} {what}")
