"""Wheels that were built from sources, by the hash of what they were built from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lampas.core.names import Sha256
from lampas.store import artifacts
from lampas.store.models import WheelRow


@dataclass(frozen=True)
class BuiltWheel:
    """A wheel, and the source distribution that it was made from."""

    name: str
    version: str
    filename: str
    sha256: Sha256
    source: Sha256


def find(inputs: str) -> BuiltWheel | None:
    """The wheel that these inputs gave, if it was ever built and is kept still."""
    row = WheelRow.objects.filter(inputs=inputs).first()
    if row is None or not artifacts.have([row.sha256]):
        return None
    return BuiltWheel(row.name, row.version, row.filename, Sha256(row.sha256), Sha256(row.source))


def save(inputs: str, wheel: BuiltWheel, made_with: dict[str, str], seconds: float) -> None:
    """Keeps what was built. Where it was built twice at the same time, the one that was kept last counts.

    Args:
        inputs: The hash of what it was built from.
        wheel: The wheel, kept as an artifact already.
        made_with: Name → version of what it was built with, distributions and Debian packages, for people.
        seconds: How long the build took.
    """
    values = {**vars(wheel), "made_with": made_with, "seconds": seconds}
    WheelRow.objects.update_or_create(inputs=inputs, defaults=values)


def still_good(wheels: Collection[str], packages: Mapping[str, str]) -> list[BuiltWheel]:
    """Those of some wheels that were built here, with the same versions of Debian packages, and are kept.

    Args:
        wheels: Their sha256.
        packages: The Debian packages that building takes, with their versions now.
    """
    kept = artifacts.have(wheels)
    rows = WheelRow.objects.filter(sha256__in=kept).order_by("sha256", "-created")
    found = {
        row.sha256: BuiltWheel(row.name, row.version, row.filename, Sha256(row.sha256), Sha256(row.source))
        for row in rows
        if packages.items() <= row.made_with.items()
    }
    return list(found.values())


def sources_of(wheels: Collection[str]) -> dict[str, str]:
    """Which of some wheels were built here: their sha256 → that of their source distribution."""
    return dict(WheelRow.objects.filter(sha256__in=list(wheels)).values_list("sha256", "source"))
