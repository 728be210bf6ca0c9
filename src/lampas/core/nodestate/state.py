"""The whole desired state of one node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from lampas.core.nodestate.encoding import FORMAT, canonical, document
from lampas.core.nodestate.manifest import ReleaseOnNode


@dataclass(frozen=True)
class Ready:
    """How the agent learns that a unit serves: GET `path` with the headers `Host: host`, `Lampas-Ready: 1` and
    `Lampas-Front: key` must answer below 500 from `processes` different daemon processes, within `seconds` (told apart
    by the response header `Lampas-Process`). The shim answers it once the application was imported, without entering
    it; a 500 says that the import failed."""

    path: str
    host: str
    processes: int
    seconds: float = 60.0
    key: str = ""


@dataclass(frozen=True)
class Unit:
    """The private Apache that serves one release on this node.

    Attributes:
        app: The application.
        number: The release's number.
        port: Its loopback port slot.
        config: The whole httpd.conf.
        shim: The whole app.wsgi.
        env: The environment of its processes; values may be secret, so it is never logged or diffed by value.
        ready: How the agent learns that it serves.
    """

    app: str
    number: int
    port: int
    config: str
    shim: str
    env: Mapping[str, str]
    ready: Ready

    @property
    def name(self) -> str:
        """`shop-v3`: the unit's directory and its program name at the supervisor."""
        return f"{self.app}-v{self.number}"


@dataclass(frozen=True)
class NodeState:
    """The whole desired state of one node. What is not in it does not run there.

    Attributes:
        node: The node's name.
        generation: Grows with each change; an older one is refused, an equal one must be equal.
        expires: Unix seconds after which it is refused.
        apps: Applications that have a user and directories here.
        releases: Releases to hold; others are removed.
        units: Units to run; others are drained and stopped.
        maps: The front's RewriteMap files, name → whole text, swapped in order of name after every unit is ready.
        drain: Seconds that a unit without traffic is left before it is stopped.
    """

    node: str
    generation: int
    expires: int
    apps: tuple[str, ...]
    releases: tuple[ReleaseOnNode, ...]
    units: tuple[Unit, ...]
    maps: Mapping[str, str]
    drain: float = 5.0
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes, which the console signs."""
        return canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> NodeState:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not a NodeState of this format.
        """
        raw = document(data)
        try:
            raw["apps"] = tuple(raw["apps"])
            raw["releases"] = tuple(ReleaseOnNode(**item) for item in raw["releases"])
            raw["units"] = tuple(Unit(**{**item, "ready": Ready(**item["ready"])}) for item in raw["units"])
            return NodeState(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a NodeState: {error}") from error
