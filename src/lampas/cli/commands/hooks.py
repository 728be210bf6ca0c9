"""Setup hooks of a release: how they stand, and what an operator says of them."""

from __future__ import annotations

import click

from lampas.cli.commands.releases import release
from lampas.cli.session import Session, pass_session


@release.command("setup")
@click.argument("app")
@click.argument("number", type=int)
@click.option("--mark", type=click.Choice(["done", "again"]), help="Interrupted hooks: they are done, or run again.")
@pass_session
def setup(session: Session, app: str, number: int, mark: str | None) -> None:
    """How a release's setup hooks stand on the application's database."""
    path = f"/applications/{app}/releases/{number}/setup"
    found = session.api.post(path, {"state": mark}) if mark else session.api.get(path)
    said = {
        "none": "it has no setup hooks",
        "due": "its setup hooks run when it is deployed",
        "again": "its setup hooks run again when it is deployed",
    }.get(found["state"], f"its setup hooks: {found['state']}")
    who = f" (release {found['number']}, {found['actor']})" if found["number"] else ""
    session.out.document(found, f"{app}/{number}: {said}{who}", *found["hooks"], *found["log"].splitlines())


COMMANDS: tuple[click.Command, ...] = ()  # it stands in the group `release`
