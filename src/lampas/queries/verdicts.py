"""What would a rollback change, said before it is done? By the same rule that the worker follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lampas.core.cluster import traffic
from lampas.core.names import AppName
from lampas.dispatch import wanted
from lampas.errors import NotFound
from lampas.queries import comparison, releases
from lampas.store.models import Release, Slot


@dataclass(frozen=True)
class Verdict:
    """Where a rollback goes: shares in percent by number, now and then.

    `why` says why there is none; `warm`: all that would get traffic runs already; `changes` names what else is
    different then, for the release that has most of the traffic.
    """

    why: str
    now: Mapping[int, int]
    back: Mapping[int, int]
    warm: bool
    changes: tuple[str, ...]

    @property
    def possible(self) -> bool:
        """Whether there is something to go back to."""
        return not self.why


def rollback(app: AppName) -> Verdict:
    """The verdict on rolling an application back now."""
    tables = [wanted.table_of(row) for row in wanted.settled_tables(app)]
    if not tables:
        return Verdict("Nothing was live yet.", {}, {}, False, ())
    usable = Release.objects.filter(application__name=app, state="verified", retired__isnull=True)
    try:
        back = traffic.back(tables, list(usable.values_list("number", flat=True))).table
    except NotFound:
        return Verdict("There is nothing before what is live now.", _shares(tables[-1]), {}, False, ())
    slots = Slot.objects.filter(release__application__name=app).values_list("release__number", flat=True)
    now, then = _shares(tables[-1]), _shares(back)
    return Verdict("", now, then, set(then) <= set(slots), tuple(_changes(app, _most(now), _most(then))))


def _changes(app: AppName, now: int, then: int) -> list[str]:
    if not now or not then or now == then:
        return []
    return _said(releases.row_of(app, now), releases.row_of(app, then))


def _said(now: Release, then: Release) -> list[str]:
    difference = comparison.releases(now, then)
    counted = (
        ("module", "modules", difference.modules, "path"),
        ("distribution", "distributions", difference.distributions, "name"),
        ("setting", "settings", difference.settings, "name"),
        ("key of the definition", "keys of the definition", difference.definition, "name"),
    )
    said = []
    for one, many, part, key in counted:
        names = [str(item[key]) for item in (*part.changed, *part.added, *part.removed)]
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            said.append(f"{len(names)} {one if len(names) == 1 else many}: {', '.join(names[:3])}{more}")
    taken = [str(pin["path"]) for pin in (*difference.pins.removed, *difference.pins.changed)]
    if taken:
        said.append(f"{', '.join(taken[:3])} {'is' if len(taken) == 1 else 'are'} not pinned then as now")
    return said


def _shares(table: Mapping[int, int]) -> dict[int, int]:
    return {number: share for number, share in table.items() if share}


def _most(table: Mapping[int, int]) -> int:
    return max(table, key=lambda number: table[number], default=0)
