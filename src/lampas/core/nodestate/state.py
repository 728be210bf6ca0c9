"""The whole desired state of one node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from lampas.core.nodestate.encoding import FORMAT, canonical, document
from lampas.core.nodestate.manifest import ReleaseOnNode
from lampas.core.nodestate.places import label


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
    """The private Apache that serves one release on this node. Its identity is application, release and port: one
    whose content changes comes under another port, so that it can answer before it takes over.

    Attributes:
        app: The application.
        number: The release's number.
        port: Its loopback port slot.
        config: The whole httpd.conf.
        shim: The whole app.wsgi.
        env: The environment of its processes, as far as it is not secret.
        ready: How the agent learns that it serves.
        sealed: Secret variables, sealed to the node, see `environment`; they win over those of `env`.
        by_port: Whether its port belongs to its name. A unit of the first LAMPAS had none in it and is False here: it
            goes on serving under its old name until another one has taken over.
    """

    app: str
    number: int
    port: int
    config: str
    shim: str
    env: Mapping[str, str]
    ready: Ready
    sealed: str = ""
    by_port: bool = False

    @property
    def slot(self) -> int:
        """The port as far as it belongs to the unit's name, else 0."""
        return self.port if self.by_port else 0

    @property
    def name(self) -> str:
        """`shop-v3-18203`: its program name at the supervisor; its directory has the part after the application."""
        return f"{self.app}-{label(self.number, self.slot)}"


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
