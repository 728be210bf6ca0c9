"""The commands of this machine: up, down, status, doctor, destroy. The command line takes them from COMMANDS."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from lampas.errors import Failed
from lampas.host import health, removal
from lampas.host.boot import DEFAULT_HOME
from lampas.host.layout import Layout
from lampas.host.settings import NONE
from lampas.host.up import Up, Wish
from lampas.host.up import up as bring_up

_NO_ISOLATION = "isolation: none (everything runs as this user; set up as root, each application has its own)"


def default_home() -> Path:
    """Where the node of this user is: LAMPAS_HOME, or the place for root or for a plain user."""
    if os.environ.get("LAMPAS_HOME"):
        return Path(os.environ["LAMPAS_HOME"]).absolute()
    return DEFAULT_HOME if os.geteuid() == 0 else Path.home() / ".local" / "share" / "lampas"


def _home(context: click.Context, home: Path | None) -> Path:
    """--home of the command, else of the whole command line, else the default."""
    given = home or (context.find_root().params or {}).get("home")
    return Path(given).absolute() if given else default_home()


_HOME = click.option("--home", type=click.Path(path_type=Path), help="The node's home directory.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command()
@click.option("--port", type=int, help="Where applications answer [8080].")
@click.option("--console-port", type=int, help="Where the console, the API and git answer [the next port].")
@click.option("--domain", help="What the hosts of applications end in [localhost].")
@click.option("--bind", help="The address to listen on [127.0.0.1].")
@click.option("--no-sample", is_flag=True, help="Do not make the sample application.")
@_HOME
@_JSON
@click.pass_context
def up(
    context: click.Context,
    port: int | None,
    console_port: int | None,
    domain: str | None,
    bind: str | None,
    no_sample: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Set this machine up as a node, or start what does not run."""
    wish = Wish(_home(context, home), port, console_port, domain, bind, not no_sample)
    result = bring_up(wish, lambda line: click.echo(f"lampas: {line}", err=True))
    if as_json:
        _print(
            {
                "console": result.console,
                "login": result.login,
                "git": result.git,
                "sample": list(result.sample),
                "home": str(result.home),
                "isolation": result.isolation,
                "starts_at_boot": result.boots,
                "tried": [asdict(one) for one in result.tried],
            }
        )
    else:
        _show(result)
    if not result.ok:
        wrong = next(one for one in result.tried if not one.ok)
        raise Failed(f"{wrong.url} {wrong.detail}", "run: lampas doctor")


def _show(result: Up) -> None:
    said = {one.url: one.detail for one in result.tried}
    rows = [("console", result.console), ("log in", result.login), ("git", result.git)]
    rows += [("sample", url) for url in result.sample]
    width = max(len(url) for _name, url in rows)
    for name, url in rows:
        note = " (works once, for 15 minutes)" if name == "log in" else ""
        click.echo(f"  {name:8} {url:{width}}  {said.get(url, '')}{note}")
    click.echo(f"  {'home':8} {result.home}")
    if result.isolation == NONE:
        click.echo(f"  {_NO_ISOLATION}")
    if not result.boots:
        click.echo("  does not start at boot by itself (no systemd, or not root): run lampas up then")


@click.command()
@_HOME
@click.pass_context
def down(context: click.Context, home: Path | None) -> None:
    """Stop everything on this node, release units too."""
    removal.down(_home(context, home))


@click.command()
@click.option("--yes", is_flag=True, help="Really remove the home with everything in it.")
@_HOME
@click.pass_context
def destroy(context: click.Context, yes: bool, home: Path | None) -> None:
    """Stop everything and remove the home."""
    removal.destroy(_home(context, home), confirmed=yes)


@click.command()
@_HOME
@_JSON
@click.pass_context
def status(context: click.Context, home: Path | None, as_json: bool) -> None:
    """Show every process and role with its health."""
    layout = Layout(_home(context, home))
    found = health.status(layout, removal.owned(layout))
    if as_json:
        rows = [
            {"name": one.name, "state": one.state, "pid": one.pid or None, "since": health.moment(one.since)}
            for one in found.processes
        ]
        roles = [asdict(role) for role in found.roles]
        _print({"ok": found.ok, "processes": rows, "roles": roles, "isolation": found.isolation})
    else:
        for one in found.processes:
            since = health.moment(one.since) or ""
            detail = one.detail if one.state != "running" else ""
            click.echo(f"  {one.name:20} {one.state:9} {one.pid or '':>8}  {since:20} {detail}".rstrip())
        for role in found.roles:
            click.echo(f"  role {role.name:15} {'ok' if role.ok else role.detail}")
        if found.isolation == NONE:
            click.echo(f"  {_NO_ISOLATION}")
    sys.exit(0 if found.ok else 1)


def _print(document: Mapping[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False))


COMMANDS: list[click.Command] = [up, down, destroy, status]
