"""Closures: what an application needs, why, and who needs a module."""

from __future__ import annotations

from typing import Any, TextIO

import click

from lampas.cli.patches import paths_of
from lampas.cli.session import Session, pass_session
from lampas.errors import InvalidInput


@click.command()
@click.argument("app")
@click.option("--at", help="At this branch, tag or commit.")
@click.option("--against", help="What changed since this one.")
@pass_session
def closure(session: Session, app: str, at: str | None, against: str | None) -> None:
    """Everything that an application needs."""
    found = session.api.get(f"/applications/{app}/closure", at=at, against=against)
    if session.json:
        session.out.emit(found)
        return
    if against:
        show_difference(session, found)
        return
    session.out.rows("members", found["members"], ("module", "kind", "path", "revision", "repository"))
    if found["distributions"]:
        session.out.document({}, "")
        session.out.rows("distributions", found["distributions"], ("name", "version"))
    unresolved(session, found["unresolved"])
    session.out.say(f"{found['count']} members, {len(found['distributions'])} distributions")


@click.command()
@click.argument("app")
@click.argument("module")
@click.option("--at", help="At this branch, tag or commit.")
@click.option("--release", type=int, metavar="N", help="In this release, as it was recorded.")
@pass_session
def why(session: Session, app: str, module: str, at: str | None, release: int | None) -> None:
    """The shortest chain from an application to a module."""
    found = session.api.get(f"/applications/{app}/why", module=module, at=at, release=release)
    columns = ("from", "to", "provenance", "rule", "file", "line")
    session.out.rows("chain", found["chain"], columns, empty="it is a link itself")


@click.command()
@click.argument("module", metavar="REPO:MODULE | REPO")
@click.option("--file", "--files", "files", multiple=True, metavar="PATH", help="Of a change of this file of REPO.")
@click.option(
    "--patch", type=click.File(), help="Of this change of REPO, as git diff prints it; - reads it from stdin."
)
@pass_session
def impact(session: Session, module: str, files: tuple[str, ...], patch: TextIO | None) -> None:
    """Who needs a module, or is touched by a change: applications, releases with their traffic, nodes."""
    if files or patch:
        paths = [*files, *(paths_of(patch.read()) if patch else ())]
        if not paths:
            raise InvalidInput("the patch changes no file", "give what git diff prints")
        found = session.api.post(f"/repositories/{module}/impact", {"paths": paths})
    else:
        found = session.api.get("/impact", module=module)
    if session.json:
        session.out.emit(found)
        return
    for row in found.get("files", ()):
        session.out.document({}, f"{row['path']}: {', '.join(row['applications']) or 'nobody needs it'}")
    session.out.document({}, f"applications: {', '.join(found['applications']) or 'none'}")
    shown = [f"{row['app']}/{row['number']} ({row['state']}, {row['traffic']} %)" for row in found["releases"]]
    others = f" and {found['stopped']} that do not run" if found["stopped"] else ""
    session.out.document({}, f"releases: {', '.join(shown) or 'none'}{others}")
    session.out.document({}, f"nodes: {', '.join(found['nodes']) or 'none'}")


def unresolved(session: Session, rows: list[dict[str, Any]]) -> None:
    """Says what leads nowhere; nothing where there is nothing."""
    for row in rows:
        where = f"{row.get('file', '')}:{row.get('line', '')}".strip(":")
        session.out.say(f"unresolved: {row['name']}" + (f" ({where})" if where else ""))


def vulnerable(session: Session, rows: list[dict[str, Any]]) -> None:
    """Says what is known of a release's distributions; nothing where nothing is."""
    for row in rows:
        mended = f", fixed in {row['fixed']}" if row["fixed"] else ""
        session.out.say(f"vulnerable: {row['distribution']} {row['version']}: {row['id']}{mended}; {row['summary']}")


def show_difference(session: Session, found: dict[str, Any]) -> None:
    """A difference as lines: + came, - went, ~ is another."""
    for part, rows in found.items():
        if not isinstance(rows, dict) or not any(rows.values()):
            continue
        session.out.document({}, f"{part}:")
        for mark, kind in (("+", "added"), ("-", "removed"), ("~", "changed")):
            for row in rows[kind]:
                change = f"  {row['from']} → {row['to']}" if kind == "changed" and "from" in row else ""
                reason = because(row.get("edge")) if kind == "added" else ""
                session.out.document({}, f"  {mark} {row.get('path') or row.get('name')}{change}{reason}")


def because(edge: dict[str, Any] | None) -> str:
    """The reason of a member as the end of a line; "" where none is known."""
    if not edge:
        return ""
    where = f" ({edge['file']}:{edge['line']})" if edge["line"] else f" ({edge['file']})" if edge["file"] else ""
    return f"  ← {edge['from']}, {edge.get('rule') or edge['provenance']}{where}"


COMMANDS = (closure, why, impact)
