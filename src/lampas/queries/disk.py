"""What takes the disks: applications on the nodes and in the database, and what is shared between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum

from lampas.core.names import AppName
from lampas.dispatch import databases, nodes
from lampas.errors import LampasError, NotFound
from lampas.store.models import AppDatabase, Application, Artifact, KeptData, Pack


@dataclass(frozen=True)
class AppDisk:
    """What one application takes, in bytes.

    Attributes:
        app: Its name.
        code: The code of its releases on the nodes.
        distributions: The distributions that it uses there; others may use them too.
        data: Its persistent directories.
        directories: Each of them.
        logs: What its units wrote.
        database: Tables and indexes of its database; None where its node does not answer.
        content: What its releases need of the content in MariaDB, before it was compressed; others may need it too.
        kept: Whether it was deleted and left its data.
    """

    app: str
    code: int = 0
    distributions: int = 0
    data: int = 0
    directories: dict[str, int] = field(default_factory=dict)
    logs: int = 0
    database: int | None = 0
    content: int = 0
    kept: bool = False


@dataclass(frozen=True)
class NodeDisk:
    """One node's disk: its file system, the distributions on it, each counted once, and the rest of its store; None
    where it does not answer."""

    node: str
    total: int | None
    free: int | None
    distributions: int | None
    store: int | None


@dataclass(frozen=True)
class RepositoryDisk:
    """What the history of one repository takes in MariaDB."""

    repository: str
    bytes: int


@dataclass(frozen=True)
class Disk:
    """All of it; `content` is what is kept of releases in MariaDB, each piece once."""

    apps: list[AppDisk]
    nodes: list[NodeDisk]
    repositories: list[RepositoryDisk]
    content: int


def every(applications: list[str] | None) -> Disk:
    """What takes the disks; `applications` None: no filter."""
    reports = _reports("")
    names = {str(row["app"]) for report in reports.values() if report for row in report["apps"]}
    names |= set(Application.objects.filter(deleted=None).values_list("name", flat=True))
    shown = sorted(names if applications is None else names & set(applications))
    packs = Pack.objects.filter(published=True, superseded=None).values("repository__name")
    history = packs.annotate(bytes=Sum("size")).order_by("repository__name")
    return Disk(
        apps=_apps(shown, reports),
        nodes=[_node(name, report) for name, report in reports.items()],
        repositories=[RepositoryDisk(row["repository__name"], row["bytes"]) for row in history],
        content=Artifact.objects.aggregate(bytes=Sum("size"))["bytes"] or 0,
    )


def nodes_alone() -> list[NodeDisk]:
    """The nodes' disks."""
    return [_node(name, report) for name, report in _reports("").items()]


def one(app: AppName) -> AppDisk:
    """What one application takes, also one that was deleted.

    Raises:
        NotFound: There never was such an application.
    """
    if not Application.objects.filter(name=app).exists():
        raise NotFound(f"there is no application {app}", "list them: lampas app list")
    return _apps([app], _reports(app))[0]


def _reports(app: str) -> dict[str, dict[str, Any] | None]:
    """What each node tells; it is data, and each value is made what it should be."""
    found: dict[str, dict[str, Any] | None] = {}
    for node in nodes.with_role("appserver"):
        try:
            found[node.name] = nodes.connect(node).disk(app)
        except LampasError:
            found[node.name] = None
    return found


def _apps(names: list[str], reports: Mapping[str, dict[str, Any] | None]) -> list[AppDisk]:
    rows = [row for report in reports.values() if report for row in report["apps"]]
    owned = dict(AppDatabase.objects.filter(application__in=names).values_list("application", "name"))
    sizes = databases.measured() if owned else {}
    kept = set(KeptData.objects.filter(application__in=names).values_list("application", flat=True))
    found = []
    for name in names:
        theirs = [row for row in rows if row["app"] == name]
        directories: dict[str, int] = {}
        for row in theirs:
            for directory, size in (row["data"] or {}).items():
                directories[str(directory)] = directories.get(str(directory), 0) + int(size)
        needed = Artifact.objects.filter(releases__release__application__name=name).distinct()
        found.append(
            AppDisk(
                app=name,
                code=sum(int(row["code"]) for row in theirs),
                distributions=sum(int(row["distributions"]) for row in theirs),
                data=sum(directories.values()),
                directories={each: size for each, size in sorted(directories.items()) if each},
                logs=sum(int(row["logs"]) for row in theirs),
                database=sizes.get(owned[name], {}).get("bytes") if name in owned else 0,
                content=needed.aggregate(bytes=Sum("size"))["bytes"] or 0,
                kept=name in kept,
            )
        )
    return found


def _node(name: str, report: dict[str, Any] | None) -> NodeDisk:
    if report is None:
        return NodeDisk(name, None, None, None, None)
    return NodeDisk(name, int(report["total"]), int(report["free"]), int(report["distributions"]), int(report["store"]))
