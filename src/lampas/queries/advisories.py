"""Which releases hold a distribution that is known to be vulnerable?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lampas.core.names import AppName
from lampas.queries import releases
from lampas.queries.vulnerabilities import Vulnerability, among
from lampas.store import advisories
from lampas.store.models import Application, Release


@dataclass(frozen=True)
class Affected:
    """The same, with the release that holds it and how that stands."""

    app: str
    number: int
    state: str
    vulnerability: Vulnerability


@dataclass(frozen=True)
class Known:
    """What is known, and since when; `imported` None: nothing was ever imported, so nothing is known."""

    imported: datetime | None
    affected: list[Affected]


def of(apps: Sequence[AppName]) -> Known:
    """What is known of the releases of some applications that have a place on a node, and of the newest of each."""
    found = []
    for app in apps:
        now = releases.standing(app)
        rows = Release.objects.filter(application__name=app)
        newest = rows.order_by("-number").values_list("number", flat=True).first()
        wanted = {*now.slots, *([newest] if newest is not None else [])}
        for row in rows.filter(number__in=wanted).order_by("-number").only("number", "state", "closure"):
            state = now.state(row.number, row.state)
            found += [Affected(app, row.number, state, one) for one in among(row.closure.get("distributions", []))]
    return Known(advisories.imported(), found)


def applications(visible: Sequence[str] | None) -> list[AppName]:
    """The applications that are there, of those that somebody may see (None: all)."""
    rows = Application.objects.filter(deleted=None).order_by("name")
    if visible is not None:
        rows = rows.filter(name__in=list(visible))
    return [AppName(name) for name in rows.values_list("name", flat=True)]
