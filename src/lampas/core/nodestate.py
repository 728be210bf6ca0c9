"""The document between console and node: what one node should run, whole. It imports nothing of LAMPAS.

The console renders a `NodeState`, encodes it, signs the bytes and sends them; the agent checks signature, node,
generation and expiry before it reads anything else. Content (manifests, files, wheels) goes apart, by sha256.
The format is described in docs/formats/nodestate.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Places:
    """Where things of applications stand on a node: rendered configuration names these paths, the agent fills them.

    Attributes:
        home: LAMPAS's home on that node, absolute.
    """

    home: str

    def release(self, app: str, number: int) -> str:
        """The release's tree, read-only: `code/` and `env/`."""
        return f"{self.home}/agent/apps/{app}/releases/{number}"

    def environment(self, app: str, number: int) -> str:
        """Its virtual environment: `bin/`, `lib/`, `pyvenv.cfg`. The code stands beside it, not inside: frameworks take
        code under `sys.prefix` for installed packages and look for their data elsewhere then."""
        return f"{self.release(app, number)}/env"

    def code(self, app: str, number: int, root: str = "") -> str:
        """Where module names start in the release; also its working directory."""
        return f"{self.release(app, number)}/code" + (f"/{root}" if root else "")

    def unit(self, app: str, number: int) -> str:
        """The unit's `httpd.conf`, `app.wsgi` and `env`."""
        return f"{self.home}/agent/apps/{app}/units/v{number}"

    def data(self, app: str) -> str:
        """The application's persistent directory."""
        return f"{self.home}/data/{app}"

    def logs(self, app: str) -> str:
        """What its units write, `vN.log`."""
        return f"{self.home}/logs/apps/{app}"

    def run(self, app: str) -> str:
        """Sockets and pid files of its units."""
        return f"{self.home}/run/apps/{app}"


@dataclass(frozen=True)
class ManifestFile:
    """One file of a release's tree: path under the release, sha256 of its bytes, size, and mode (0o444 or 0o555)."""

    path: str
    sha256: str
    size: int
    mode: int


@dataclass(frozen=True)
class ManifestWheel:
    """One wheel of a release: unpacked by the node once for each sha256, hard-linked into the release."""

    name: str
    version: str
    filename: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The complete content of one release. Its own sha256 names it.

    Attributes:
        app: The application.
        release: The release's id: the hash of its inputs.
        runtime: "python" (or, later, "perl").
        entry: The entry as the definition gives it, e.g. `flaskr:create_app()`.
        root: Where module names start, under `code/`; "" is `code/` itself.
        files: Code, data and `.pyc` under `code/`, sorted by path.
        wheels: Distributions, sorted by name.
        persist: Directories under `code/` that are links into the application's persistent directory.
        static: URL prefix → directory under `code/`, served by Apache itself.
    """

    app: str
    release: str
    runtime: str
    entry: str
    root: str
    files: tuple[ManifestFile, ...]
    wheels: tuple[ManifestWheel, ...]
    persist: tuple[str, ...] = ()
    static: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes: the same manifest always gives the same bytes."""
        return _canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> Manifest:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not a manifest of this format.
        """
        raw = _document(data)
        try:
            raw["files"] = tuple(ManifestFile(**item) for item in raw["files"])
            raw["wheels"] = tuple(ManifestWheel(**item) for item in raw["wheels"])
            raw["persist"] = tuple(raw["persist"])
            return Manifest(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a release manifest: {error}") from error

    @property
    def sha256(self) -> str:
        """The name of the manifest as content."""
        return hashlib.sha256(self.encode()).hexdigest()


@dataclass(frozen=True)
class ReleaseOnNode:
    """A release that a node must hold, ready to run: `manifest` is the sha256 of its manifest."""

    app: str
    number: int
    release: str
    manifest: str


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
        return _canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> NodeState:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not a NodeState of this format.
        """
        raw = _document(data)
        try:
            raw["apps"] = tuple(raw["apps"])
            raw["releases"] = tuple(ReleaseOnNode(**item) for item in raw["releases"])
            raw["units"] = tuple(Unit(**{**item, "ready": Ready(**item["ready"])}) for item in raw["units"])
            return NodeState(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a NodeState: {error}") from error


@dataclass(frozen=True)
class Task:
    """One signed request to run something once on a node, as the application's user: a verification or a command.

    Attributes:
        node: The node's name.
        expires: Unix seconds after which it is refused.
        nonce: Makes each task different; one that was seen is refused.
        kind: "verify" (sandbox, scratch directories, no network, start-up alone) or "run" (the live environment).
        release: What it runs in.
        env: The environment, as in `Unit`.
        argv: For "run": the program and its arguments.
        seconds: Its bound in time.
    """

    node: str
    expires: int
    nonce: str
    kind: str
    release: ReleaseOnNode
    env: Mapping[str, str]
    argv: tuple[str, ...] = ()
    seconds: float = 60.0
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes, which the console signs."""
        return _canonical(asdict(self))

    @staticmethod
    def decode(data: bytes) -> Task:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not a task of this format.
        """
        raw = _document(data)
        try:
            raw["release"] = ReleaseOnNode(**raw["release"])
            raw["argv"] = tuple(raw["argv"])
            return Task(**raw)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a task: {error}") from error


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _document(data: bytes) -> dict[str, Any]:
    raw = json.loads(data)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError(f"not a document of format {FORMAT}")
    return raw
