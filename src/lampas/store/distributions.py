"""What kept wheels provide and require, by their sha256."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lampas.core.distributions.values import Distribution
from lampas.store.models import DistributionRow


@dataclass(frozen=True)
class WheelFacts:
    """A wheel's size in bytes, the import prefixes that it answers for, and the distributions that it requires."""

    size: int
    provides: tuple[str, ...]
    requires: tuple[str, ...]


def load(names: Collection[str]) -> dict[str, WheelFacts]:
    """What is known of some wheels, by sha256."""
    rows = DistributionRow.objects.filter(sha256__in=list(names))
    return {row.sha256: WheelFacts(row.size, tuple(row.provides), tuple(row.requires)) for row in rows}


def save(found: Distribution) -> None:
    """Remembers what was read from a wheel."""
    values = {"size": found.size, "provides": list(found.provides), "requires": list(found.requires)}
    DistributionRow.objects.update_or_create(sha256=found.sha256, defaults=values)
