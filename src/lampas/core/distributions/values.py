"""Values of distributions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lampas.core.names import Sha256


@dataclass(frozen=True)
class Distribution:
    """One locked wheel.

    Attributes:
        name: Its normalised name.
        version: Its version.
        filename: The wheel's file name.
        sha256: The wheel's hash, which names it in the store.
        size: Bytes.
        provides: Import prefixes that it answers for, from the names of its files.
        requires: Normalised names of what its metadata requires.
    """

    name: str
    version: str
    filename: str
    sha256: Sha256
    size: int
    provides: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lock:
    """All distributions of an application.

    Attributes:
        distributions: Sorted by name.
        direct: Names that the application itself requires.
        source: The file that requires them, or the definition's file for an inline list; "" for none.
    """

    distributions: tuple[Distribution, ...] = ()
    direct: tuple[str, ...] = ()
    source: str = ""

    def provided(self) -> Mapping[str, str]:
        """Import prefix → distribution; where two answer for one, the first by name."""
        found: dict[str, str] = {}
        for distribution in self.distributions:
            for prefix in distribution.provides:
                found.setdefault(prefix, distribution.name)
        return found

    def encode(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @staticmethod
    def decode(raw: Mapping[str, Any]) -> Lock:
        """Reads what `encode` wrote."""
        rows = [
            Distribution(**{**row, "provides": tuple(row["provides"]), "requires": tuple(row["requires"])})
            for row in raw["distributions"]
        ]
        return Lock(tuple(rows), tuple(raw["direct"]), raw["source"])


@dataclass(frozen=True)
class Requirements:
    """What an application requires, before it is locked.

    Attributes:
        lines: Requirements in PEP 508 form, normalised, sorted.
        constraints: The same, from constraint files.
        hashes: Hashes that the requirement files themselves allow, by distribution; empty where they give none.
        source: The file that they stand in.
    """

    lines: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    hashes: Mapping[str, tuple[str, ...]] | None = None
    source: str = ""
