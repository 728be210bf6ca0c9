"""Nodes, and what really runs on them."""

from __future__ import annotations

import click

from lampas.cli.session import Session, pass_session


@click.group()
def node() -> None:
    """Hosts with their Management Interface."""


@node.command("list")
@pass_session
def list_nodes(session: Session) -> None:
    """Every node, with what it last reported."""
    rows = session.api.get("/nodes")["nodes"]
    session.out.rows("nodes", rows, ("name", "address", "roles", "state", "generation", "heard"))


@click.command()
@click.option("--app", help="This application alone.")
@click.option("--node", help="This node alone.")
@click.option("--module", help="Only processes that loaded this module.")
@pass_session
def running(session: Session, app: str | None, node: str | None, module: str | None) -> None:
    """What processes really run, as the agents observed it."""
    rows = session.api.get("/running", app=app, node=node, module=module)["rows"]
    if session.json:
        session.out.rows("rows", rows, ())
        return
    shown = [{**row, "loaded": len(row["loaded"])} for row in rows]
    session.out.rows("rows", shown, ("node", "app", "release", "state", "pids", "loaded"), empty="nothing runs")


COMMANDS = (node, running)
