"""What is different between two closures, or two releases? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lampas.store.models import Release


@dataclass(frozen=True)
class Part:
    """What came, what went, and what is another one now: [{key…, from, to}]."""

    added: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    changed: list[dict[str, Any]]


@dataclass(frozen=True)
class Difference:
    """From one closure to another: modules by path, distributions by name."""

    modules: Part
    distributions: Part


@dataclass(frozen=True)
class ReleaseDifference:
    """From one release to another. Settings are compared by name and value alike, but shown by name alone.
    `pins` are files that one of them takes from another commit than the rest."""

    older: int
    newer: int
    modules: Part
    distributions: Part
    settings: Part
    definition: Part
    pins: Part


def closures(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """Compares two closures in the form {members, distributions}."""
    return Difference(
        modules=_part(old.get("members", []), new.get("members", []), ("repository", "path"), "revision"),
        distributions=_part(old.get("distributions", []), new.get("distributions", []), ("name",), "version"),
    )


def releases(old: Release, new: Release) -> ReleaseDifference:
    """Compares two releases of one application."""
    found = closures(old.closure, new.closure)
    return ReleaseDifference(
        older=old.number,
        newer=new.number,
        modules=found.modules,
        distributions=found.distributions,
        settings=_names(old.env, new.env),
        definition=_values(_own(old.definition), _own(new.definition)),
        pins=_part(old.closure.get("pins", []), new.closure.get("pins", []), ("repository", "path"), "revision"),
    )


def _part(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], key: tuple[str, ...], content: str
) -> Part:
    before = {tuple(row[name] for name in key): row for row in old}
    after = {tuple(row[name] for name in key): row for row in new}
    return Part(
        added=[dict(after[name]) for name in sorted(after.keys() - before.keys())],
        removed=[dict(before[name]) for name in sorted(before.keys() - after.keys())],
        changed=[
            {**dict(zip(key, name, strict=True)), "from": before[name][content], "to": after[name][content]}
            for name in sorted(before.keys() & after.keys())
            if before[name][content] != after[name][content]
        ],
    )


def _names(old: Mapping[str, Any], new: Mapping[str, Any]) -> Part:
    return Part(
        added=[{"name": name} for name in sorted(new.keys() - old.keys())],
        removed=[{"name": name} for name in sorted(old.keys() - new.keys())],
        changed=[{"name": name} for name in sorted(old.keys() & new.keys()) if old[name] != new[name]],
    )


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Part:
    return Part(
        added=[{"name": name, "to": new[name]} for name in sorted(new.keys() - old.keys())],
        removed=[{"name": name, "from": old[name]} for name in sorted(old.keys() - new.keys())],
        changed=[
            {"name": name, "from": old[name], "to": new[name]}
            for name in sorted(old.keys() & new.keys())
            if old[name] != new[name]
        ],
    )


def _own(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What a person wrote: settings are compared apart, and commits are not part of it."""
    return {key: value for key, value in definition.items() if key not in ("env", "commit", "definition_commit")}
