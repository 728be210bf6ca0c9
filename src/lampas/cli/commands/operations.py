"""Long work that is under way or over."""

from __future__ import annotations

import click

from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session


@click.group()
def operation() -> None:
    """Builds, deployments and the like, as the worker takes them on."""


@operation.command("list")
@click.option("--app", help="Of this application alone.")
@click.option("--state", type=click.Choice(("waiting", "running", "done", "failed")))
@click.option("--limit", default=50, show_default=True)
@pass_session
def list_operations(session: Session, app: str | None, state: str | None, limit: int) -> None:
    """Operations, newest first."""
    rows = session.api.pages("/operations", "operations", limit, application=app, state=state)
    session.out.rows("operations", rows, ("id", "kind", "application", "state", "actor", "created", "ended"))


@operation.command("show")
@click.argument("number", type=int)
@pass_session
def show_operation(session: Session, number: int) -> None:
    """One operation with its steps."""
    found = session.api.get(f"/operations/{number}")
    if session.json:
        session.out.emit(found)
        return
    session.out.document({}, f"{found['kind']} {found['application']}: {found['state']}")
    session.out.rows("steps", found["steps"], ("seq", "node", "name", "state", "detail"))


@operation.command("wait")
@click.argument("number", type=int)
@pass_session
def wait_operation(session: Session, number: int) -> None:
    """Wait for an operation, showing its steps."""
    result = wait(session, {"operation": {"id": number}})
    session.out.document(result, f"operation {number} is done")


COMMANDS = (operation,)
