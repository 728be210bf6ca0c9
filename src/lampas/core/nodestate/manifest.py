"""The complete content of a release, and a release as a node knows it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from lampas.core.nodestate.encoding import FORMAT, canonical, document

_LATER = ("packages",)


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
        packages: Debian packages that the node must have.
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
    packages: tuple[str, ...] = ()
    format: int = FORMAT

    def encode(self) -> bytes:
        """Its canonical bytes: the same manifest always gives the same bytes. What came later stands in it where there
        is some, so that a manifest of an earlier LAMPAS keeps its name."""
        raw = asdict(self)
        return canonical({key: value for key, value in raw.items() if key not in _LATER or value})

    @staticmethod
    def decode(data: bytes) -> Manifest:
        """Reads what `encode` wrote.

        Raises:
            ValueError: It is not a manifest of this format.
        """
        raw = document(data)
        try:
            raw["files"] = tuple(ManifestFile(**item) for item in raw["files"])
            raw["wheels"] = tuple(ManifestWheel(**item) for item in raw["wheels"])
            raw["persist"] = tuple(raw["persist"])
            raw["packages"] = tuple(raw.get("packages", ()))
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
