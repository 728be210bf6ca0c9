"""What is known of some distributions?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lampas.store import advisories


@dataclass(frozen=True)
class Vulnerability:
    """A distribution of a release with what is known of it; `fixed` is the first version that mends it, or ""."""

    distribution: str
    version: str
    id: str
    aliases: list[str]
    severity: str
    summary: str
    fixed: str


def among(distributions: Iterable[Mapping[str, Any]]) -> list[Vulnerability]:
    """What is known of some distributions, each with `name` and `version`."""
    versions = {str(one["name"]): str(one["version"]) for one in distributions}
    return [
        Vulnerability(
            one.name, versions[one.name], one.id, list(one.aliases), one.severity, one.summary,
            one.fixed(versions[one.name]),
        )
        for one in advisories.of(versions)
        if one.affects(versions[one.name])
    ]  # fmt: skip
