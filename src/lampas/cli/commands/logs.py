"""What an application's units wrote, and what it was asked."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click
from rich.text import Text

from lampas.cli.lifetimes import Moment
from lampas.cli.session import Session, pass_session
from lampas.errors import Unreachable

_WAIT = 15.0  # seconds that one request waits for new lines
_PAUSE = 0.5  # seconds between two requests that were answered at once with nothing
_PATIENCE = 60.0  # seconds that the console may be away while its logs are followed
_STYLES = {"apache": "yellow", "access": "cyan"}
_CONTROLS = {code: f"\\x{code:02x}" for code in [*range(32), *range(127, 160)] if code != 9}


@click.command()
@click.argument("app")
@click.option("-f", "--follow", is_flag=True, help="Go on as lines are written.")
@click.option("--release", type=int, help="Of this release alone.")
@click.option("--lines", default=200, show_default=True, help="How many of the last ones.")
@click.option("--since", type=Moment(), help="Not older than this: 90s, 15m, 2h, 7d, or 2026-11-24T16:00.")
@click.option("--access", is_flag=True, help="What the application was asked, instead of what it wrote.")
@pass_session
def logs(
    session: Session, app: str, *, follow: bool, release: int | None, lines: int, since: float | None, access: bool
) -> None:
    """What an application's units wrote, in order of time. With --json and -f: one document on each line."""
    path = f"/applications/{app}/logs"
    asked = {"release": release, "since": since, "access": access or None}
    found = session.api.get(path, lines=lines, **asked)
    if session.json and not follow:
        session.out.emit({"lines": found["lines"], "rows": found["rows"]})
        return
    show = _emit if session.json else _Shown(session)
    show(found["rows"])
    if follow:
        for rows in _follow(session, path, asked, found["cursor"]):
            show(rows)


def _follow(session: Session, path: str, asked: Mapping[str, Any], cursor: str) -> Iterator[list[dict[str, Any]]]:
    """What comes after a cursor, for ever; a console that is away for a moment is waited for."""
    heard = time.monotonic()
    while True:
        try:
            found = session.api.get(path, cursor=cursor, wait=_WAIT, **asked)
        except Unreachable:
            if time.monotonic() - heard > _PATIENCE:
                raise
            time.sleep(1.0)
            continue
        asked_for, heard = time.monotonic() - heard, time.monotonic()
        cursor = found["cursor"]
        yield found["rows"]
        if not found["rows"] and asked_for < _PAUSE:  # too many wait already
            time.sleep(_PAUSE)


def _emit(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class _Shown:
    """Prints lines for people: when, which release, and what; what could steer a terminal is spelt out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            when = datetime.fromisoformat(row["time"]).astimezone().strftime("%F %T") if row["time"] else " " * 19
            release = f"v{row['release']}" if row["release"] else "-"
            mark = "" if row["source"] == "app" else f"{row['source']}: "
            text = f"{when}  {release:<4}  {mark}{row['text'].translate(_CONTROLS)}"
            self._session.out.styled(Text(text, style=_STYLES.get(row["source"], "")))
        sys.stdout.flush()


COMMANDS = (logs,)
