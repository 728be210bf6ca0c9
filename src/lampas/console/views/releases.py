"""Releases: one whole, two compared; closures and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse

from lampas.console import rights
from lampas.console.differences import compare as compare_files
from lampas.console.pages import actor, page, show
from lampas.console.reasons import Reasons
from lampas.core.accounts import Permission
from lampas.core.closure.chains import why as shortest
from lampas.core.names import AppName, Oid, RepositoryName
from lampas.errors import InvalidInput, LampasError, NotFound
from lampas.queries import bom, closures, code, comparison, definitions, health, releases, secrets, setups


@dataclass(frozen=True)
class Needed:
    """A member or distribution with the chain that leads to it, from the application on."""

    row: dict[str, Any]
    chain: list[dict[str, Any]]


@page(Permission.VIEW, application="app")
def one(request: HttpRequest, app: str, number: int) -> HttpResponse:
    """One release: contents, verification, definition."""
    name = AppName(app)
    found = releases.one(name, number)
    versions = releases.page(name, None, 50)
    values = {
        "app": app,
        "found": found,
        "others": [version for version in versions if version.number != number],
        "units": [unit for node in health.nodes([app]) for unit in node.units if unit.number == number],
        "unwaived": [row for row in found.unresolved if not row.get("waived") and not row.get("optional")],
        "static": found.definition.get("static") or {},
        "setup": setups.one(name, number),
        "secrets": secrets.of(name),
        "rights": rights.reasons(actor(request), name),
        "tab": "versions",
    }
    return show(request, "apps/release.html", values)


@page(Permission.VIEW, application="app")
def sbom(request: HttpRequest, app: str, number: int) -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """The bill of materials, as a file."""
    document = bom.of(AppName(app), number)
    named = {"Content-Disposition": f'attachment; filename="{app}-{number}.cdx.json"'}
    return JsonResponse(document, content_type="application/vnd.cyclonedx+json", headers=named)


@page(Permission.VIEW, application="app")
def compare(request: HttpRequest, app: str) -> HttpResponse:
    """Two releases side by side: `?from=N&to=M`."""
    name = AppName(app)
    older, newer = _number(request, "from"), _number(request, "to")
    difference = comparison.releases(releases.row_of(name, older), releases.row_of(name, newer))
    for item in difference.modules.changed:
        item["url"] = f"/apps/{app}/compare/file?" + urlencode(
            {"from": older, "to": newer, "repository": item["repository"], "path": item["path"]}
        )
    parts = [
        ("Modules", difference.modules, "path"),
        ("Distributions", difference.distributions, "name"),
        ("Settings", difference.settings, "name"),
        ("Definition", difference.definition, "name"),
    ]
    values = {
        "app": app,
        "older": older,
        "newer": newer,
        "versions": releases.page(name, None, 50),
        "parts": [{"title": title, "rows": _rows(part, key)} for title, part, key in parts],
        "tab": "versions",
    }
    return show(request, "apps/compare.html", values)


@page(Permission.VIEW, application="app")
def difference(request: HttpRequest, app: str) -> HttpResponse:
    """One file of two releases: `?from=N&to=M&repository=R&path=P`."""
    older, newer = _number(request, "from"), _number(request, "to")
    wanted = (request.GET.get("repository", ""), request.GET.get("path", ""))
    sides = [_content(AppName(app), number, wanted) for number in (older, newer)]
    if sides == [None, None]:
        raise NotFound(f"neither version {older} nor {newer} of {app} holds {wanted[1]}")
    values = {"app": app, "older": older, "newer": newer, "path": wanted[1], "difference": compare_files(*sides)}
    return show(request, "apps/difference.html", {**values, "tab": "versions"})


def _content(app: AppName, number: int, wanted: tuple[str, str]) -> bytes | None:
    """A file of a release; None: it does not hold it."""
    for row in releases.row_of(app, number).closure.get("members", []):
        if (row["repository"], row["path"]) == wanted:
            return code.reader().blob(RepositoryName(row["repository"]), Oid(row["revision"]))
    return None


@page(Permission.VIEW, application="app")
def closure(request: HttpRequest, app: str) -> HttpResponse:
    """Everything that an application needs at a ref, each with the reason."""
    name, at = AppName(app), request.GET.get("at", "").strip()
    values: dict[str, Any] = {"app": app, "at": at, "tab": "closure", "filter": request.GET.get("q", "").strip()}
    try:
        found = closures.of(name, at or None)
    except LampasError as error:
        return show(request, "apps/closure.html", {**values, "problem": error}, status=422)
    document = found.recorded()
    reasons = Reasons(found, definitions.in_force(name, at or None))
    members = zip(document["members"], found.members, strict=True)
    needed = [Needed(row, reasons.of(member.edge)) for row, member in members]
    if values["filter"]:
        needed = [
            item for item in needed if values["filter"] in item.row["module"] or values["filter"] in item.row["path"]
        ]
    kinds: dict[str, int] = {}
    for row in document["members"]:
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
    values |= {
        "found": found,
        "members": needed,
        "kinds": sorted(kinds.items(), key=lambda item: -item[1]),
        "distributions": [Needed(row, reasons.of(found.reasons.get(row["name"]))) for row in document["distributions"]],
        "unresolved": sorted(document["unresolved"], key=lambda row: (bool(row["waived"]), row["optional"])),
        "problems": document["problems"],
    }
    return show(request, "apps/closure.html", values)


@page(Permission.VIEW, application="app")
def why(request: HttpRequest, app: str) -> HttpResponse:
    """The shortest chain from the application to `?module=`."""
    module = request.GET.get("module", "").strip()
    values: dict[str, Any] = {"app": app, "module": module, "tab": "why", "chain": []}
    if module:
        try:
            found = closures.of(AppName(app))
            reasons = Reasons(found, definitions.in_force(AppName(app)))
            values["chain"] = reasons.placed(shortest(found, module))
        except LampasError as error:
            return show(request, "apps/why.html", {**values, "problem": error}, status=404)
    return show(request, "apps/why.html", values)


def _rows(part: comparison.Part, key: str) -> list[dict[str, Any]]:
    rows = [{"kind": "added", "name": item[key], "to": _short(item)} for item in part.added]
    rows += [{"kind": "removed", "name": item[key], "from": _short(item)} for item in part.removed]
    rows += [
        {"kind": "changed", "name": item[key], "from": item.get("from"), "to": item.get("to"), "url": item.get("url")}
        for item in part.changed
    ]
    return sorted(rows, key=lambda row: str(row["name"]))


def _short(item: dict[str, Any]) -> Any:
    return item.get("version") or item.get("revision") or item.get("to") or item.get("from") or ""


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise InvalidInput("two versions are needed to compare", "choose them on a version's page")
    return int(text)
