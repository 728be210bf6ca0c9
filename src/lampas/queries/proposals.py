"""Which imports lead nowhere, and which distributions may be meant?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lampas.core.distributions.values import Lock
from lampas.core.names import AppName
from lampas.queries import closures, definitions
from lampas.store import locks, packages


@dataclass(frozen=True)
class Proposal:
    """An import that leads nowhere.

    `candidates` are distributions that provide it, by a list of well-known names and by the metadata of distributions
    that are kept here. None of them is fetched before somebody accepts it. `optional`: the code says that it can do
    without. `packages` are Debian packages that ship a Perl module; they are asked for once somebody accepts them.
    """

    name: str
    file: str
    line: int
    optional: bool
    candidates: list[str]
    packages: list[str]


def of(app: AppName, at: str | None = None) -> list[Proposal]:
    """The imports of an application that lead nowhere and are not waived. Raises as `closures.of` does."""
    missing = [one for one in closures.of(app, at).unresolved if not one.waived]
    if not missing:
        return []
    if definitions.in_force(app, at).runtime == "perl":
        return [
            Proposal(one.name, one.file, one.line, one.optional, [], _packages(one.name, one.proposal))
            for one in missing
        ]
    kept = locks.newest()
    return [
        Proposal(one.name, one.file, one.line, one.optional, _candidates(one.name, one.proposal, kept), [])
        for one in missing
    ]


def _packages(module: str, known: str) -> list[str]:
    found = known or packages.shipping(module)
    return [found] if found else []


def _candidates(name: str, known: str, kept: Iterable[Lock]) -> list[str]:
    provided = {
        found.name
        for lock in kept
        for found in lock.distributions
        if any(f"{name}.".startswith(f"{prefix}.") for prefix in found.provides)
    }
    return [*([known] if known else []), *sorted(provided - {known.lower()})]
