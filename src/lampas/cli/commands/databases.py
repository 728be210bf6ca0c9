"""Databases of applications: look, enter, change the password, end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from lampas import process
from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session
from lampas.errors import LampasError


@click.group()
def db() -> None:
    """Databases of applications."""


@db.command("list")
@pass_session
def list_databases(session: Session) -> None:
    """Every application's database, with its size."""
    rows = session.api.get("/databases")["databases"]
    if session.json:
        session.out.rows("databases", rows, ())
        return
    shown = [{**row, "size": _size(row["bytes"]), "accounts": _people(row)} for row in rows]
    columns = ("application", "name", "state", "size", "tables", "connections", "accounts", "rotated")
    session.out.rows("databases", shown, columns)


@db.command("show")
@click.argument("app")
@pass_session
def show(session: Session, app: str) -> None:
    """One application's database, and who has an account to it now."""
    row = session.api.get(f"/applications/{app}/database")
    if session.json:
        session.out.emit(row)
        return
    said = f"{row['name']}  {row['state']}, {_size(row['bytes'])}, {row['tables']} tables"
    session.out.document({}, f"{said}, {row['connections']} connections")
    columns = ("account", "person", "read_only", "created", "expires")
    session.out.rows("accounts", row["accounts"], columns, empty="no person has an account to it now")


@db.command("shell", context_settings={"ignore_unknown_options": True})
@click.argument("app")
@click.option("--read-only", is_flag=True, help="Read alone.")
@click.option("--minutes", default=60, show_default=True, help="How long the account lasts, at most.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def shell(context: click.Context, app: str, *, read_only: bool, minutes: int, arguments: tuple[str, ...]) -> None:
    """Enter an application's database by an account of your own, made for this and audited.

    Opens the mariadb client here, on the database's node; ARGUMENTS are the client's, behind `--`. With --json it
    prints the account instead: for another client, or through `ssh -L` from another machine.
    """
    session: Session = context.obj
    asked = {"minutes": minutes, "read_only": read_only}
    made = session.api.post(f"/applications/{app}/database/accounts", asked)
    if session.json:
        session.out.emit(made)
        return
    try:
        status = _client(made, arguments)
    finally:
        with suppress(LampasError):  # it ends by itself later
            session.api.ask("DELETE", f"/applications/{app}/database/accounts/{made['account']}")
    context.exit(status)


@db.command("rotate")
@click.argument("app")
@pass_session
def rotate(session: Session, app: str) -> None:
    """Change the password of an application's database; no request fails for it."""
    result = wait(session, session.api.post(f"/applications/{app}/database/rotate"))
    session.out.document({"application": app, **result}, f"{result['name']} has a new password")


@db.command("adopt")
@click.argument("app")
@pass_session
def adopt(session: Session, app: str) -> None:
    """Take over the database that an earlier application of this name left."""
    session.api.post(f"/applications/{app}/database/adopt")
    session.out.document({"application": app}, f"{app} has the database that was kept")


@db.command("drop")
@click.argument("app")
@click.option("--confirm", metavar="NAME", help="The name once more, instead of typing it when asked.")
@pass_session
def drop(session: Session, app: str, confirm: str | None) -> None:
    """End an application's database, with all its data. Asks for the application's name."""
    if confirm is None:
        confirm = click.prompt(f"Type {app} to drop its database", err=True, default="", show_default=False)
    result = wait(session, session.api.ask("DELETE", f"/applications/{app}/database", body={"confirm": confirm}))
    session.out.document({"application": app, **result}, f"{result['name']} is dropped")


def _client(made: Mapping[str, Any], arguments: tuple[str, ...]) -> int:
    """Runs the mariadb client on this terminal; returns its exit status."""
    by_socket = os.access(made["socket"], os.W_OK)
    where = [f"socket={made['socket']}"] if by_socket else [f"host={made['host']}", f"port={made['port']}"]
    lines = ["[client]", f"user={made['account']}", f"password={made['password']}", *where]
    env = process.clean_environment({name: os.environ[name] for name in ("TERM", "PAGER") if name in os.environ})
    with _options("\n".join([*lines, ""]).encode()) as handle, _interrupts_are_the_clients():
        argv = ["mariadb", f"--defaults-file=/proc/self/fd/{handle}", f"--database={made['database']}", *arguments]
        client = process.start(argv, stdin=None, stdout=None, stderr=None, cwd=Path.cwd(), env=env, pass_fds=[handle])
        return client.wait()


@contextmanager
def _options(content: bytes) -> Iterator[int]:
    """An options file that stands on no disk: the password is on no command line and in no environment."""
    handle = os.memfd_create("options")
    try:
        os.fchmod(handle, 0o600)
        os.write(handle, content)
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _interrupts_are_the_clients() -> Iterator[None]:
    """Ctrl-C ends a statement there, not this."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _size(number: int | None) -> str:
    if number is None:
        return "size unknown"
    return f"{number / (1 << 20):.1f} MiB"


def _people(row: Mapping[str, Any]) -> list[str]:
    return sorted({account["person"] for account in row["accounts"]})


COMMANDS = (db,)
