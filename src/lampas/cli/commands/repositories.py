"""Repositories, and importing code into them."""

from __future__ import annotations

from pathlib import Path

import click

from lampas.cli.importing import import_directory
from lampas.cli.session import Session, pass_session


@click.group()
def repo() -> None:
    """Git repositories, kept in MariaDB."""


@repo.command("create")
@click.argument("name")
@pass_session
def create_repository(session: Session, name: str) -> None:
    """Make an empty repository."""
    made = session.api.post("/repositories", {"name": name})
    session.out.document(made, f"{name}: {made['url']}")


@repo.command("list")
@click.option("--limit", default=200, show_default=True)
@pass_session
def list_repositories(session: Session, limit: int) -> None:
    """Repositories, newest first."""
    rows = session.api.pages("/repositories", "repositories", limit)
    session.out.rows("repositories", rows, ("name", "url", "default_branch", "head"))


@click.command("import")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--repo", "repository", required=True, help="Into this repository; made if it is missing.")
@click.option("--branch", default="main", show_default=True)
@click.option("-m", "--message", help="The commit's message.")
@pass_session
def import_(session: Session, directory: Path, repository: str, branch: str, message: str | None) -> None:
    """Make a branch's tree equal to a directory's files, by one commit. Of a git checkout, push its history."""
    done = import_directory(session, directory, repository, branch, message)
    word = "" if done["changed"] else " (nothing changed)"
    session.out.document(
        done,
        f"{repository} {branch} is at {done['commit'][:12]}{word}: {done['files']} files, {done['modules']} modules",
    )


COMMANDS = (repo, import_)
