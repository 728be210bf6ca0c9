"""A lock document (PEP 751, `pylock.toml`) as uv writes it for one platform → the wheels and sources to fetch."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from lampas.core.names import Sha256
from lampas.errors import Unresolved


class NoWheel(Unresolved):
    """A distribution has neither a wheel for the Python and platform of this node nor sources."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"{name} {version} has no wheel for this node's Python and platform, and no sources",
            "require a version that has one of them",
        )
        self.name = name


@dataclass(frozen=True)
class Wheel:
    """A wheel to fetch. The address serves this one fetch and is never stored; what is offered has a `file:` one."""

    name: str
    version: str
    filename: str
    sha256: Sha256
    url: str


@dataclass(frozen=True)
class Source:
    """A source distribution to fetch. The address serves this one fetch and is never stored."""

    name: str
    version: str
    filename: str
    sha256: Sha256
    url: str


def wheels(document: str, tags: Sequence[Tag], hashes: Mapping[str, Sequence[str]] | None = None) -> tuple[Wheel, ...]:
    """The wheel of each locked distribution that fits best, sorted by name.

    Args:
        document: The lock document.
        tags: What the hosted Python takes, best first.
        hashes: Hashes by distribution; a wheel that has one of them is taken before those that have none.

    Raises:
        Unresolved: A distribution has none.
    """
    rank = {tag: position for position, tag in enumerate(tags)}
    found = []
    for name, version, package in _packages(document):
        fitting = [
            (best, wheel)
            for wheel in package.get("wheels", [])
            if (best := _rank(_filename(wheel), rank)) is not None and _usable(wheel)
        ]
        if not fitting:
            raise NoWheel(name, version)
        named = (hashes or {}).get(name, ())
        _, wheel = min(
            fitting, key=lambda item: (item[1]["hashes"]["sha256"] not in named, item[0], _filename(item[1]))
        )
        found.append(Wheel(name, version, *_fetched(wheel)))
    return tuple(sorted(found, key=lambda wheel: wheel.name))


def source(document: str) -> Source:
    """The source distribution of a document that locks one distribution.

    Raises:
        Unresolved: It has none.
    """
    name, version, package = next(_packages(document))
    found = package.get("sdist", {})
    if not _usable(found):
        raise NoWheel(name, version)
    return Source(name, version, *_fetched(found))


def _packages(document: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for package in tomllib.loads(document).get("packages", []):
        yield canonicalize_name(package["name"]), str(package.get("version", "")), package


def _usable(file: dict[str, Any]) -> bool:
    return "url" in file and "sha256" in file.get("hashes", {})


def _fetched(file: dict[str, Any]) -> tuple[str, Sha256, str]:
    return _filename(file), Sha256(file["hashes"]["sha256"]), str(file["url"])


def _filename(file: dict[str, Any]) -> str:
    return str(file.get("name") or file.get("url", "").rpartition("/")[2].partition("#")[0])


def _rank(filename: str, rank: dict[Tag, int]) -> int | None:
    try:
        _, _, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return None
    return min((rank[tag] for tag in tags if tag in rank), default=None)
