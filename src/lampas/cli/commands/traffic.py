"""What is live: deploy, traffic, rollback, retire."""

from __future__ import annotations

import click

from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session
from lampas.cli.settings import Share


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
    path = f"/applications/{app}/releases/{number}"
    impact = session.api.get(f"{path}/retirement")
    if impact["processes"]:
        session.out.say(f"{impact['processes']} processes of release {number} end")
    if impact["rollback"]:
        session.out.say(f"a rollback of {app} will not go back to it any more")
    result = wait(session, session.api.post(f"{path}/retire"))
    document = {"name": app, "number": number, **result, "impact": impact}
    session.out.document(document, f"release {number} of {app} is retired; its code can still be read")


COMMANDS = (deploy, traffic, rollback, retire)
