"""Releases: build, look, compare, take out, prune."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lampas.cli.commands.closures import show_difference, unresolved, vulnerable
from lampas.cli.commands.packages import approve_for
from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session
from lampas.cli.settings import Pair, once
from lampas.cli.units import size
from lampas.cli.unpacking import unpack
from lampas.errors import Conflict


@click.group()
def release() -> None:
    """Immutable, numbered releases."""


@release.command("build")
@click.argument("app")
@click.option("--at", help="This branch, tag or commit; left out: the default branch.")
@click.option("--from", "base", type=int, metavar="N", help="What release N was built from, its definition included.")
@click.option(
    "--pin",
    "pins",
    type=Pair(),
    multiple=True,
    metavar="NAME=REV",
    help="A file at a revision of its own: PATH=REV, MODULE=REV, REPO:MODULE=REV.",
)
@click.option("--approve-packages", is_flag=True, help="Approve the Debian packages that it asks for (operators).")
@pass_session
def build(
    session: Session,
    app: str,
    at: str | None,
    base: int | None,
    pins: tuple[tuple[str, str], ...],
    approve_packages: bool,
) -> None:
    """Build a release. What an existing release holds already is that release.

    A hot fix of release 41: lampas release build APP --from 41 --pin shop.cart=REV
    """
    if approve_packages:
        approve_for(session, app, at)
    accepted = session.api.post(f"/applications/{app}/releases", {"at": at, "from": base, "pins": once(pins)})
    result = wait(session, accepted)
    if session.json:
        session.out.emit(result)
        return
    members, distributions = _count(result["members"]), _count(result["distributions"])
    found = session.api.get(f"/applications/{app}/releases/{result['number']}")
    unresolved(session, found["unresolved"])
    session.out.document(
        {},
        f"release {result['number']} of {app} ({result['id'][:12]}): {members} members, {distributions} distributions, "
        f"{result['seconds']} s",
        f"deploy it: lampas deploy {app} {result['number']}",
    )


@release.command("list")
@click.argument("app")
@click.option("--limit", default=50, show_default=True)
@pass_session
def list_releases(session: Session, app: str, limit: int) -> None:
    """Releases, newest first."""
    rows = session.api.pages(f"/applications/{app}/releases", "releases", limit)
    session.out.rows("releases", rows, ("number", "id", "state", "traffic", "url", "created"))


@release.command("show")
@click.argument("app")
@click.argument("number", type=int)
@pass_session
def show(session: Session, app: str, number: int) -> None:
    """One release: what is in it, and what its build hooks and its verification said."""
    found = session.api.get(f"/applications/{app}/releases/{number}")
    if session.json:
        session.out.emit(found)
        return
    session.out.document(
        {},
        f"{app}/{number}  {found['state']}  {found['traffic']} %  {found['url']}",
        f"id {found['id']}",
        f"code {found['repository']} {found['commit']}, definition {found['definition_commit']}",
    )
    for pin in found["pins"]:
        session.out.document({}, f"pinned {pin['repository']}:{pin['path']} {pin['revision'][:12]} of {pin['commit']}")
    session.out.rows("members", found["members"], ("module", "kind", "path", "revision"))
    session.out.rows("distributions", found["distributions"], ("name", "version"), empty="no distributions")
    if found["packages"]:
        session.out.rows("packages", found["packages"], ("name", "version", "missing"))
    unresolved(session, found["unresolved"])
    vulnerable(session, found["vulnerabilities"])
    for said in (found["hooks"], found["log"]):
        if said:
            session.out.document({}, "", *said.splitlines())


@release.command("diff")
@click.argument("app")
@click.argument("older", type=int)
@click.argument("newer", type=int)
@pass_session
def diff(session: Session, app: str, older: int, newer: int) -> None:
    """What is different between two releases."""
    found = session.api.get(f"/applications/{app}/releases/{older}/diff/{newer}")
    if session.json:
        session.out.emit(found)
        return
    show_difference(session, found)


@release.command("export")
@click.argument("app")
@click.argument("number", type=int)
@click.argument("directory", type=click.Path(path_type=Path))
@pass_session
def export(session: Session, app: str, number: int, directory: Path) -> None:
    """Write a release's tree and wheels into a directory, which must be empty or missing."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise Conflict(f"{directory} is not an empty directory", "name one that does not exist yet")
    directory.mkdir(parents=True, exist_ok=True)
    with session.api.stream("GET", f"/applications/{app}/releases/{number}/archive") as answer:
        files = unpack(answer.iter_bytes(), directory)
    done = {"name": app, "number": number, "directory": str(directory), "files": files}
    session.out.document(done, f"{files} files are in {directory}")


@release.command("prune")
@click.argument("app")
@click.option("--keep", default=10, show_default=True, type=click.IntRange(min=1), help="How many of the newest stay.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@pass_session
def prune(session: Session, app: str, keep: int, *, dry_run: bool) -> None:
    """Forget old releases that neither run nor may be rolled back to, and what nothing else needs."""
    path = f"/applications/{app}/releases/prune"
    done = session.api.get(path, keep=keep) if dry_run else wait(session, session.api.post(path, {"keep": keep}))
    numbers = ", ".join(str(number) for number in done["pruned"]) or "none"
    word = "would go" if dry_run else "pruned"
    freed = f"{done['content']} pieces of content, {size(done['bytes'])}"
    session.out.document({**done, "dry_run": dry_run}, f"{word}: {numbers} ({freed})")


def _count(value: Any) -> int:
    return len(value) if isinstance(value, list) else int(value)


COMMANDS = (release,)
