"""What a rollback would change, said before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lampas.actions import facts
from lampas.core.names import AppName
from lampas.queries import comparison, releases
from lampas.store.models import Release


@dataclass(frozen=True)
class Verdict:
    """Where a rollback goes. `why` says why there is none; `changes` names what else is different then."""

    why: str
    now: Mapping[str, int]
    back: Mapping[str, int]
    warm: bool
    changes: tuple[str, ...]

    @property
    def possible(self) -> bool:
        """Whether there is something to go back to."""
        return not self.why


def rollback(app: AppName) -> Verdict:
    """The verdict on rolling an application back now."""
    tables = facts.settled(app)
    now = _shares(tables[0]) if tables else {}
    if len(tables) < 2:
        return Verdict("There is nothing before what is live now.", now, {}, False, ())
    back = _shares(tables[1])
    running = {str(number) for number in facts.running(app)}
    return Verdict("", now, back, set(back) <= running, tuple(_changes(app, _main(now), _main(back))))


def _changes(app: AppName, now: str, back: str) -> list[str]:
    if not now or not back or now == back:
        return []
    older, newer = releases.row_of(app, int(now)), releases.row_of(app, int(back))
    return list(_said(older, newer))


def _said(now: Release, back: Release) -> list[str]:
    difference = comparison.releases(now, back)
    counted = (
        ("module", difference.modules, "path"),
        ("distribution", difference.distributions, "name"),
        ("setting", difference.settings, "name"),
        ("key of the definition", difference.definition, "name"),
    )
    said = []
    for word, part, key in counted:
        names = [str(item[key]) for item in (*part.changed, *part.added, *part.removed)]
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            plural = "" if len(names) == 1 else "s" if " " not in word else ""
            said.append(f"{len(names)} {word}{plural}: {', '.join(names[:3])}{more}")
    return said


def _shares(table: Mapping[str, int]) -> dict[str, int]:
    return {number: share for number, share in table.items() if share}


def _main(table: Mapping[str, int]) -> str:
    return max(table, key=lambda number: table[number], default="")
