"""Which releases does an application have, what is in one, and how do they stand?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lampas.core.names import AppName
from lampas.errors import NotFound
from lampas.queries import addresses, packages
from lampas.queries.vulnerabilities import Vulnerability, among
from lampas.store import hooks
from lampas.store.models import Application, Release, Slot, TrafficRow


@dataclass(frozen=True)
class Version:
    """A release as lists show it.

    `id` is the hash of its inputs, `traffic` its share in percent, `url` where it answers by itself. `state` is
    built, verified or failed for what never ran; live with traffic; warm while it runs without; else stopped.
    """

    number: int
    id: str
    state: str
    traffic: int
    url: str
    created: datetime
    author: str
    repository: str
    commit: str


@dataclass(frozen=True)
class Standing:
    """How an application's releases stand now: the settled traffic, what has a place on the nodes, what ever had."""

    traffic: dict[str, int]
    slots: dict[int, str]
    ran: frozenset[int]

    def state(self, number: int, built: str) -> str:
        """The state of a release; `built` is what was written down when it was made."""
        if self.traffic.get(str(number), 0) > 0:
            return "live"
        if number in self.slots:
            return "warm"
        if number in self.ran and built != "failed":
            return "stopped"
        return built


@dataclass(frozen=True)
class Detail:
    """One release, whole: what went in, what came out, what its build hooks and its verification said. `pins` are files
    from other commits than `commits`, which names that of each repository in scope; `packages` are Debian
    packages, each with the nodes that lack it."""

    number: int
    id: str
    state: str
    traffic: int
    url: str
    created: datetime
    author: str
    repository: str
    commit: str
    definition_commit: str
    definition: dict[str, Any]
    tree: str
    manifest: str
    members: list[dict[str, Any]]
    distributions: list[dict[str, Any]]
    unresolved: list[dict[str, Any]]
    vulnerabilities: list[Vulnerability]
    env: list[str]
    verified: bool
    log: str
    hooks: str
    pins: list[dict[str, Any]]
    commits: dict[str, str]
    packages: list[dict[str, Any]]


def standing(app: AppName) -> Standing:
    """How the releases of an application stand."""
    tables = TrafficRow.objects.filter(application__name=app).exclude(settled=None).order_by("-id")
    rows = list(tables.values_list("table", "undone")[:500])
    current: dict[str, int] = next((table for table, undone in rows if undone is None), {})
    slots = Slot.objects.filter(release__application__name=app).values_list("release__number", "state")
    ran = frozenset(int(number) for table, _ in rows for number in table)
    return Standing({str(key): int(share) for key, share in current.items()}, dict(slots), ran)


def page(app: AppName, before: int | None, limit: int) -> list[Version]:
    """Releases of an application, newest first.

    Raises:
        NotFound: No such application.
    """
    rows = Release.objects.defer("closure", "definition", "verified_log", "env")
    rows = rows.filter(application=standing_application(app)).order_by("-number")
    if before is not None:
        rows = rows.filter(number__lt=before)
    now = standing(app)
    return [_version(app, row, now) for row in rows[:limit]]


def one(app: AppName, number: int) -> Detail:
    """One release.

    Raises:
        NotFound: No such application or number.
    """
    row = row_of(app, number)
    now = standing(app)
    state = now.state(number, _written(row))
    return Detail(
        number=number,
        id=row.release_id,
        state=state,
        traffic=now.traffic.get(str(number), 0),
        url=addresses.version(app, number),
        created=row.created,
        author=row.author,
        repository=row.repository,
        commit=row.commit,
        definition_commit=row.definition_commit,
        definition=row.definition,
        tree=row.tree,
        manifest=row.manifest,
        members=row.closure.get("members", []),
        distributions=row.closure.get("distributions", []),
        unresolved=row.closure.get("unresolved", []),
        vulnerabilities=among(row.closure.get("distributions", [])),
        env=sorted(row.env),
        verified=row.state == "verified",
        log=row.verified_log,
        hooks=hooks.log(row.hooks),
        pins=row.closure.get("pins", []),
        commits=row.closure.get("commits", {}),
        packages=_packages(row.closure.get("packages", [])),
    )


def _packages(recorded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lacking = packages.missing([str(one["name"]) for one in recorded])
    return [{**one, "missing": [node for node, names in lacking.items() if one["name"] in names]} for one in recorded]


def row_of(app: AppName, number: int) -> Release:
    """The stored release.

    Raises:
        NotFound: No such application or number.
    """
    row: Release | None = Release.objects.filter(application=standing_application(app), number=number).first()
    if row is None:
        raise NotFound(f"{app} has no release {number}", f"list them: lampas release list {app}")
    return row


def newest(app: AppName) -> Release | None:
    """The newest release; None: there is none yet."""
    return Release.objects.filter(application__name=app).order_by("-number").first()


def standing_application(app: AppName) -> Application:
    """An application that is there.

    Raises:
        NotFound: There is none of this name, or it was deleted.
    """
    row: Application | None = Application.objects.filter(name=app, deleted=None).first()
    if row is None:
        raise NotFound(f"there is no application {app}", "list them: lampas app list")
    return row


def _written(row: Release) -> str:
    return "stopped" if row.retired is not None else row.state


def _version(app: AppName, row: Release, now: Standing) -> Version:
    return Version(
        number=row.number,
        id=row.release_id,
        state=now.state(row.number, _written(row)),
        traffic=now.traffic.get(str(row.number), 0),
        url=addresses.version(app, row.number),
        created=row.created,
        author=row.author,
        repository=row.repository,
        commit=row.commit,
    )
