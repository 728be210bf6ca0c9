"""Debian packages that applications ask for."""

from __future__ import annotations

from typing import Any

import click

from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session


@click.group()
def packages() -> None:
    """Debian packages that applications ask for. An operator approves each once: installing one is root's work."""


@packages.command("list")
@click.option("--app", help="What this application asks for.")
@click.option("--at", help="At this branch, tag or commit of its repository.")
@pass_session
def list_packages(session: Session, app: str | None, at: str | None) -> None:
    """Packages that are approved or asked for, and where they are installed."""
    found = session.api.get(f"/applications/{app}/packages", at=at) if app else session.api.get("/packages")
    columns = ("name", "approved_by", "applications", "nodes", "missing")
    session.out.rows("packages", found["packages"], columns, empty="no application asks for any")


@packages.command("approve")
@click.argument("names", metavar="NAME…", nargs=-1, required=True)
@pass_session
def approve(session: Session, names: tuple[str, ...]) -> None:
    """Let packages be installed on nodes where a release asks for them."""
    done = session.api.post("/packages", {"names": list(names)})
    already = [name for name in names if name not in done["approved"]]
    session.out.document(
        done,
        *([f"approved: {', '.join(done['approved'])}"] if done["approved"] else []),
        *([f"approved before: {', '.join(already)}"] if already else []),
    )


@packages.command("withdraw")
@click.argument("name")
@pass_session
def withdraw(session: Session, name: str) -> None:
    """Take an approval back. Where the package is installed it stays."""
    session.api.ask("DELETE", f"/packages/{name}")
    session.out.document({"name": name}, f"{name} is no longer approved")


@packages.command("index")
@pass_session
def index(session: Session) -> None:
    """Read which Debian packages ship which Perl modules, from the mirrors that this node's apt knows."""
    result = wait(session, session.api.post("/packages/index"))
    session.out.document(result, f"{result['modules']:,} Perl modules are known")


@packages.command("find")
@click.argument("module")
@pass_session
def find(session: Session, module: str) -> None:
    """Who provides a Perl module: Perl itself, or a Debian package."""
    found = session.api.get(f"/packages/modules/{module}")
    if found["kind"]:
        there = "" if found["installed"] else ", which is not installed here"
        what = "Perl itself" if found["kind"] == "core" else "the Debian package"
        session.out.document(found, f"{module}: {what}, {found['package']}{there}")
    else:
        session.out.document(found, f"{module}: nobody is known; lampas packages index reads what Debian has")


def approve_for(session: Session, app: str, at: str | None) -> None:
    """Approves what an application asks for and is not approved, before it is built."""
    found: list[dict[str, Any]] = session.api.get(f"/applications/{app}/packages", at=at)["packages"]
    names = [one["name"] for one in found if not one["approved_by"]]
    if names:
        session.api.post("/packages", {"names": names})
        session.out.say(f"approved: {', '.join(names)}")


COMMANDS = (packages,)
