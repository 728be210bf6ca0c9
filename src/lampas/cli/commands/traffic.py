"""What is live: deploy, traffic, rollback, retire; logs, and commands in a release's environment."""

from __future__ import annotations

import base64
import json
import sys
import time
from typing import Any

import click

from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session
from lampas.cli.settings import Share
from lampas.errors import Failed

_MOST_INPUT = 32 << 20  # bytes of stdin that a one-off command is given
_FOLLOW = 1.0  # seconds between two looks at the logs


@click.command()
@click.argument("app")
@click.argument("number", type=int)
@click.option("--traffic", type=click.IntRange(0, 100), help="Its share in percent; left out: all of it.")
@pass_session
def deploy(session: Session, app: str, number: int, traffic: int | None) -> None:
    """Start a release everywhere, check it, and give it traffic."""
    accepted = session.api.post(f"/applications/{app}/deployments", {"number": number, "traffic": traffic})
    result = wait(session, accepted)
    found = session.api.get(f"/applications/{app}")
    version = next((row["url"] for row in found["versions"] if row["number"] == number), "")
    document = {**result, "urls": [found["url"], version]}
    session.out.document(document, f"release {number} of {app} runs after {result['seconds']} s", found["url"], version)


@click.command()
@click.argument("app")
@click.argument("shares", type=Share(), nargs=-1, required=True)
@pass_session
def traffic(session: Session, app: str, shares: tuple[tuple[int, int], ...]) -> None:
    """Split an application's traffic: N=PERCENT for each release, 100 together."""
    table: dict[str, int] = {}
    for number, percent in shares:
        if str(number) in table:
            raise click.BadParameter(f"release {number} is given twice")
        table[str(number)] = percent
    result = wait(session, session.api.post(f"/applications/{app}/traffic", {"table": table}))
    words = " ".join(f"{number}={percent}" for number, percent in result["traffic"].items())
    session.out.document(result, f"traffic of {app}: {words}")


@click.command()
@click.argument("app")
@pass_session
def rollback(session: Session, app: str) -> None:
    """Go back to what was live before."""
    result = wait(session, session.api.post(f"/applications/{app}/rollbacks"))
    session.out.document(result, f"release {result['number']} of {app} is live again after {result['seconds']} s")


@click.command()
@click.argument("app")
@click.argument("number", type=int)
@pass_session
def retire(session: Session, app: str, number: int) -> None:
    """Stop a release that has no traffic and take it off the nodes."""
    result = wait(session, session.api.post(f"/applications/{app}/releases/{number}/retire"))
    session.out.document({"name": app, "number": number, **result}, f"release {number} of {app} is retired")


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


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("app")
@click.argument("number", type=int)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(context: click.Context, app: str, number: int, command: tuple[str, ...]) -> None:
    """Run a one-off command in a release's environment. Its input, output and exit status are passed on."""
    session: Session = context.obj
    body = {"argv": list(command), "stdin": base64.b64encode(_input()).decode()}
    status: int | None = None
    with session.api.stream("POST", f"/applications/{app}/releases/{number}/run", body) as answer:
        for line in answer.iter_lines():
            if line:
                status = _frame(json.loads(line), status)
    if status is None:
        raise Failed("the command's end was not reported", f"look at: lampas logs {app}")
    context.exit(status)


def overlap(seen: list[str], now: list[str]) -> int:
    """How many of the first lines of `now` were seen: the longest end of `seen` that `now` starts with."""
    for length in range(min(len(seen), len(now)), 0, -1):
        if seen[-length:] == now[:length]:
            return length
    return 0


def _input() -> bytes:
    """What stdin holds; a terminal is not read, the command gets an empty input then."""
    if sys.stdin is None or sys.stdin.isatty():
        return b""
    data = sys.stdin.buffer.read(_MOST_INPUT + 1)
    if len(data) > _MOST_INPUT:
        raise Failed(f"the input is longer than {_MOST_INPUT >> 20} MiB", "put it into a file of the application")
    return data


def _frame(frame: dict[str, Any], status: int | None) -> int | None:
    if "out" in frame:
        _write(sys.stdout, frame["out"])
    elif "err" in frame:
        _write(sys.stderr, frame["err"])
    elif "error" in frame:
        error = frame["error"]
        raise Failed(error["message"], error["remedy"])
    elif "status" in frame:
        return int(frame["status"])
    return status


def _write(stream: Any, data: str) -> None:
    stream.buffer.write(base64.b64decode(data))
    stream.flush()


COMMANDS = (deploy, traffic, rollback, retire, logs, run)
