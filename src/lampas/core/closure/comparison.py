"""What changed between two closures of one application."""

from __future__ import annotations

from dataclasses import dataclass

from lampas.core.closure.values import Closure


@dataclass(frozen=True)
class Difference:
    """Paths of members as `repository:path`, and distributions as `name version`, each sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    distributions_added: tuple[str, ...]
    distributions_removed: tuple[str, ...]


def compare(before: Closure, after: Closure) -> Difference:
    """What `after` has that `before` has not, the other way round, and what has another content."""
    old = {f"{member.repository}:{member.path}": (member.revision, member.mode) for member in before.members}
    new = {f"{member.repository}:{member.path}": (member.revision, member.mode) for member in after.members}
    gone = {f"{found.name} {found.version}" for found in before.distributions}
    come = {f"{found.name} {found.version}" for found in after.distributions}
    return Difference(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(key for key in old.keys() & new.keys() if old[key] != new[key])),
        distributions_added=tuple(sorted(come - gone)),
        distributions_removed=tuple(sorted(gone - come)),
    )
