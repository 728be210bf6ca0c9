"""Closures: what an application needs, why, and who needs a module."""

from __future__ import annotations

from typing import Any

import click

from lampas.cli.session import Session, pass_session


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
@pass_session
def why(session: Session, app: str, module: str) -> None:
    """The shortest chain from an application to a module."""
    found = session.api.get(f"/applications/{app}/why", module=module)
    session.out.rows("chain", found["chain"], ("from", "to", "provenance", "file", "line"), empty="it is a link itself")


@click.command()
@click.argument("module", metavar="REPO:MODULE")
@pass_session
def impact(session: Session, module: str) -> None:
    """Who needs a module: applications, releases, nodes."""
    found = session.api.get("/impact", module=module)
    if session.json:
        session.out.emit(found)
        return
    for kind in ("applications", "releases", "nodes"):
        words = ", ".join(_named(item) for item in found[kind]) or "none"
        session.out.document({}, f"{kind}: {words}")


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
                session.out.document({}, f"  {mark} {row.get('path') or row.get('name')}{change}")


def _named(item: object) -> str:
    if isinstance(item, dict):
        return f"{item.get('app')}/{item.get('number')}"
    return str(item)


COMMANDS = (closure, why, impact)
