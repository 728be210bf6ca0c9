"""What an application's units wrote."""

from __future__ import annotations

import time

import click

from lampas.cli.session import Session, pass_session

_FOLLOW = 1.0  # seconds between two looks at the logs


@click.command()
@click.argument("app")
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are written.")
@click.option("--release", type=int, help="Of this release alone.")
@click.option("--lines", default=200, show_default=True)
@pass_session
def logs(session: Session, app: str, *, follow: bool, release: int | None, lines: int) -> None:
    """What an application's units wrote."""
    path = f"/applications/{app}/logs"
    found: list[str] = session.api.get(path, release=release, lines=lines)["lines"]
    if session.json:
        session.out.emit({"lines": found})
        return
    session.out.document({}, *found)
    while follow:
        time.sleep(_FOLLOW)
        newer: list[str] = session.api.get(path, release=release, lines=lines)["lines"]
        session.out.document({}, *newer[overlap(found, newer) :])
        found = newer


def overlap(seen: list[str], now: list[str]) -> int:
    """How many of the first lines of `now` were seen: the longest end of `seen` that `now` starts with."""
    for length in range(min(len(seen), len(now)), 0, -1):
        if seen[-length:] == now[:length]:
            return length
    return 0


COMMANDS = (logs,)
