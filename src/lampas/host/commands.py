"""The commands of this machine: up, down, status, doctor, destroy. The command line takes them from COMMANDS.

`click.Context.obj` is the command line's session: it knows the home, and whether the result is one JSON document.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import click

from lampas.host import backup, doctor, health, removal, restoring, sealing
from lampas.host.layout import Layout
from lampas.host.planning import Wish
from lampas.host.settings import NONE
from lampas.host.up import Up
from lampas.host.up import up as bring_up

_NO_ISOLATION = "isolation: none (everything runs as this user; set up as root, each application has its own)"


class Session(Protocol):
    """What the commands of this machine take from the command line."""

    @property
    def home(self) -> Path:
        """The home of the node on this machine."""

    @property
    def json(self) -> bool:
        """Whether the result is one JSON document."""


@click.command()
@click.option("--port", type=int, help="Where applications answer [8080].")
@click.option("--console-port", type=int, help="Where the console, the API and git answer [the next port].")
@click.option("--domain", help="What the hosts of applications end in [localhost].")
@click.option("--bind", help="The address to listen on [127.0.0.1].")
@click.option("--log-size", type=click.IntRange(1, 1 << 20), help="MiB that one log may take [10].")
@click.option("--log-files", type=click.IntRange(1, 100), help="How many older copies of each log stay [5].")
@click.option("--log-days", type=click.IntRange(1, 3650), help="Days that logs stay which nobody writes to [30].")
@click.option("--cpan-mirror", metavar="URL|DIR", help="Where distributions of CPAN come from; '' for nowhere.")
@click.option("--no-sample", is_flag=True, help="Do not make the sample application.")
@click.pass_obj
def up(
    session: Session,
    port: int | None,
    console_port: int | None,
    domain: str | None,
    bind: str | None,
    log_size: int | None,
    log_files: int | None,
    log_days: int | None,
    cpan_mirror: str | None,
    no_sample: bool,
) -> None:
    """Set this machine up as a node, or start what does not run."""
    wish = Wish(
        session.home,
        port,
        console_port,
        domain,
        bind,
        log_size=log_size,
        log_files=log_files,
        log_days=log_days,
        cpan_mirror=cpan_mirror,
        sample=not no_sample,
    )
    result = bring_up(wish, _say)
    _report(result, as_json=session.json)


def _report(result: Up, *, as_json: bool) -> None:
    """Prints where everything is, and ends with what came of trying it."""
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
                "tried": [{"url": one.url, "ok": one.ok, "detail": one.detail} for one in result.tried],
            }
        )
    else:
        _show(result)
    for one in result.tried:
        if not one.ok:
            click.echo(f"lampas: {one.url} {one.detail}; run: lampas doctor", err=True)
    sys.exit(0 if result.ok else 1)


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
@click.pass_obj
def down(session: Session) -> None:
    """Stop everything on this node, release units too."""
    removal.down(session.home)


@click.command()
@click.option("--yes", is_flag=True, help="Really remove the home with everything in it.")
@click.pass_obj
def destroy(session: Session, *, yes: bool) -> None:
    """Stop everything and remove the home."""
    removal.destroy(session.home, confirmed=yes)


@click.command()
@click.pass_obj
def status(session: Session) -> None:
    """Show every process and role with its health."""
    layout = Layout(session.home)
    found = health.status(layout, removal.owned(layout))
    if session.json:
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


@click.command(name="doctor")
@click.pass_obj
def doctor_(session: Session) -> None:
    """Show what is missing or wrong on this machine, each with its remedy."""
    checks = doctor.examine(session.home)
    ok = all(check.ok for check in checks)
    if session.json:
        _print({"ok": ok, "checks": [{"name": one.name, "ok": one.ok, "remedy": one.remedy} for one in checks]})
    else:
        for one in checks:
            click.echo(f"  {one.name:22} {'ok' if one.ok else one.remedy}")
    sys.exit(0 if ok else 1)


_KEY_FILE = click.option(
    "--key-file", type=click.Path(path_type=Path), help="A file whose content is the passphrase [LAMPAS_PASSPHRASE]."
)


@click.command(name="backup")
@click.argument("file", type=click.Path(path_type=Path))
@_KEY_FILE
@click.pass_obj
def backup_(session: Session, *, file: Path, key_file: Path | None) -> None:
    """Write the whole node into FILE, while everything goes on; secrets are sealed with a passphrase."""
    layout = Layout(session.home)
    made = backup.make(layout, removal.owned(layout), file.absolute(), _passphrase(key_file, twice=True))
    if session.json:
        _print({**asdict(made), "file": str(made.file), "seconds": round(made.seconds, 1)})
    else:
        click.echo(f"{made.file}: {made.size >> 10} KiB in {made.seconds:.1f} s")


@click.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path))
@_KEY_FILE
@click.option("--port", type=int, help="Where applications answer, if not as in the backup.")
@click.option("--console-port", type=int, help="Where the console answers, if not as in the backup.")
@click.option("--domain", help="What the hosts of applications end in, if not as in the backup.")
@click.pass_obj
def restore_(
    session: Session,
    *,
    file: Path,
    key_file: Path | None,
    port: int | None,
    console_port: int | None,
    domain: str | None,
) -> None:
    """Make a node from the backup FILE, in a home that is empty, and start it."""
    wish = Wish(session.home, port, console_port, domain)
    _report(restoring.restore(wish, file.absolute(), _passphrase(key_file), _say), as_json=session.json)


def _passphrase(key_file: Path | None, *, twice: bool = False) -> bytes:
    """The passphrase: from the key file, the environment, or asked for where there is a terminal."""
    given = sealing.passphrase(key_file, os.environ)
    if not given and sys.stdin.isatty():
        asked = click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True)
        return sealing.passphrase(None, {"LAMPAS_PASSPHRASE": str(asked)})
    return given


def _say(line: str) -> None:
    click.echo(f"lampas: {line}", err=True)


def _print(document: Mapping[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False))


COMMANDS: list[click.Command] = [up, down, destroy, status, doctor_, backup_, restore_]
