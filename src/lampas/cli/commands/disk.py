"""What takes the disks, and the data that deleted applications left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session
from lampas.cli.units import size

_COLUMNS = ("app", "code", "distributions", "data", "logs", "database", "content")


@click.command()
@click.argument("app", required=False)
@pass_session
def disk(session: Session, app: str | None) -> None:
    """What takes the disks, by application.

    Code, distributions, data and logs stand on the nodes, database and content in MariaDB.
    """
    if app is not None:
        found = session.api.get(f"/applications/{app}/disk")
        if session.json:
            session.out.emit(found)
            return
        session.out.rows("apps", [_sized(found)], _COLUMNS)
        for directory, taken in found["directories"].items():
            session.out.document({}, f"  {directory}  {size(taken)}")
        return
    found = session.api.get("/disk")
    if session.json:
        session.out.emit(found)
        return
    session.out.rows("apps", [_sized(row) for row in found["apps"]], _COLUMNS, empty="no applications yet")
    session.out.document({}, "", "distributions and content are shared: an application's are those that it uses")
    history = sum(row["bytes"] for row in found["repositories"])
    session.out.document({}, f"MariaDB: content {size(found['content'])}, history {size(history)}")
    for row in found["nodes"]:
        if row["free"] is None:
            session.out.document({}, f"{row['node']} does not answer")
            continue
        parts = f"distributions {size(row['distributions'])}, store beside them {size(row['store'])}"
        session.out.document({}, f"{row['node']}: {parts}; {size(row['free'])} free of {size(row['total'])}")


@click.group()
def data() -> None:
    """Persistent directories of applications that were deleted."""


@data.command("adopt")
@click.argument("app")
@pass_session
def adopt(session: Session, app: str) -> None:
    """Take over the data that an earlier application of this name left."""
    session.api.post(f"/applications/{app}/data/adopt")
    session.out.document({"application": app}, f"{app} has the data that was kept")


@data.command("drop")
@click.argument("app")
@click.option("--yes", "confirm", metavar="NAME", help="The name once more, instead of typing it when asked.")
@pass_session
def drop(session: Session, app: str, confirm: str | None) -> None:
    """Remove the data that a deleted application left. Asks for the application's name."""
    if confirm is None:
        confirm = click.prompt(f"Type {app} to remove its data", err=True, default="", show_default=False)
    result = wait(session, session.api.ask("DELETE", f"/applications/{app}/data", body={"confirm": confirm}))
    session.out.document(result, f"the data of {app} is removed, {size(result['bytes'])}")


def _sized(row: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {name: size(row[name]) if row[name] else None for name in _COLUMNS[1:]}
    return {"app": f"{row['app']} (deleted, data kept)" if row["kept"] else row["app"], **sizes}


COMMANDS = (disk, data)
