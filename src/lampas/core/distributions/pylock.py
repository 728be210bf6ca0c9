"""A lock document (PEP 751, `pylock.toml`) as uv writes it for one platform → the wheels to fetch."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from lampas.core.names import Sha256
from lampas.errors import Unresolved


class NoWheel(Unresolved):
    """A distribution has no wheel for the Python and platform of this node."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"{name} {version} has no wheel for this node's Python and platform, only sources",
            "require a version that has one; building from sources is not available yet",
        )
        self.name = name


@dataclass(frozen=True)
class Wheel:
    """A wheel to fetch. The address serves this one fetch and is never stored."""

    name: str
    version: str
    filename: str
    sha256: Sha256
    url: str


def wheels(document: str, tags: Sequence[Tag]) -> tuple[Wheel, ...]:
    """The wheel of each locked distribution that fits best, sorted by name.

    Args:
        document: The lock document.
        tags: What the hosted Python takes, best first.

    Raises:
        Unresolved: A distribution has none.
    """
    rank = {tag: position for position, tag in enumerate(tags)}
    found = []
    for package in tomllib.loads(document).get("packages", []):
        name, version = canonicalize_name(package["name"]), str(package.get("version", ""))
        fitting = [
            (best, wheel)
            for wheel in package.get("wheels", [])
            if (best := _rank(_filename(wheel), rank)) is not None
            and "url" in wheel
            and "sha256" in wheel.get("hashes", {})
        ]
        if not fitting:
            raise NoWheel(name, version)
        _, wheel = min(fitting, key=lambda item: (item[0], _filename(item[1])))
        found.append(Wheel(name, version, _filename(wheel), Sha256(wheel["hashes"]["sha256"]), str(wheel["url"])))
    return tuple(sorted(found, key=lambda wheel: wheel.name))


def _filename(wheel: dict[str, Any]) -> str:
    return str(wheel.get("name") or wheel.get("url", "").rpartition("/")[2].partition("#")[0])


def _rank(filename: str, rank: dict[Tag, int]) -> int | None:
    try:
        _, _, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return None
    return min((rank[tag] for tag in tags if tag in rank), default=None)
