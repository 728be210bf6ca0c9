"""People, grants, tokens, logins and the audit."""

from __future__ import annotations

import os

import click

from lampas.cli import target
from lampas.cli.lifetimes import Lifetime
from lampas.cli.session import Session, pass_session
from lampas.cli.target import Target
from lampas.errors import InvalidInput

GRANTS = ("viewer", "developer", "operator", "dba", "administrator")


@click.group()
def token() -> None:
    """Tokens for git and the API."""


@token.command("create")
@click.option("--name", default="token", help="What it is for.")
@click.option("--expires", type=Lifetime(), help="When it ends, 90d for example; left out: never.")
@pass_session
def create_token(session: Session, name: str, expires: float | None) -> None:
    """Make a token. It is shown this once."""
    made = session.api.post("/tokens", {"name": name, "days": expires})
    session.out.document(made, made["token"])


@token.command("list")
@click.option("--limit", default=50, show_default=True)
@pass_session
def list_tokens(session: Session, limit: int) -> None:
    """Your tokens, newest first; an administrator sees everybody's."""
    rows = session.api.pages("/tokens", "tokens", limit)
    session.out.rows("tokens", rows, ("id", "name", "person", "hint", "created", "expires", "revoked", "used"))


@token.command("revoke")
@click.argument("number", type=int)
@pass_session
def revoke_token(session: Session, number: int) -> None:
    """End a token at once, by its id."""
    session.api.ask("DELETE", f"/tokens/{number}")
    session.out.document({"id": number, "revoked": True}, f"token {number} is revoked")


@click.group()
def user() -> None:
    """People and what they may do."""


@user.command("add")
@click.argument("name")
@click.option("--email", default="", help="Their address, for commits.")
@pass_session
def add_user(session: Session, name: str, email: str) -> None:
    """Add a person. They may do nothing until something is granted."""
    made = session.api.post("/users", {"name": name, "email": email})
    session.out.document(made, f"{name} is added; grant them something: lampas user grant {name} viewer")


@user.command("grant")
@click.argument("name")
@click.argument("grant", type=click.Choice(GRANTS))
@click.option("--app", help="On this application alone.")
@pass_session
def grant_user(session: Session, name: str, grant: str, app: str | None) -> None:
    """Grant a person something, on everything or on one application."""
    done = session.api.post(f"/users/{name}/grants", {"grant": grant, "application": app})
    where = f" on {app}" if app else ""
    session.out.document(done, f"{name} is {grant}{where}")


@user.command("list")
@pass_session
def list_users(session: Session) -> None:
    """People and their grants."""
    rows: list[dict[str, object]] = []
    after: str | None = ""
    while after is not None:
        page = session.api.get("/users", after=after, limit=200)
        rows += page["users"]
        after = page["next"]
    if session.json:
        session.out.rows("users", rows, ())
        return
    session.out.rows("users", [{**row, "grants": _grants(row["grants"])} for row in rows], ("name", "email", "grants"))


@user.command("login-link")
@click.argument("name")
@pass_session
def login_link(session: Session, name: str) -> None:
    """Make a link that lets a person into the console, once and within 15 minutes."""
    made = session.api.post(f"/users/{name}/login-links")
    session.out.document(made, made["login"])


@click.group()
def audit() -> None:
    """Who did what."""


@audit.command("list")
@click.option("--actor", help="By this person alone.")
@click.option("--app", help="On this application alone.")
@click.option("--limit", default=50, show_default=True)
@pass_session
def list_audit(session: Session, actor: str | None, app: str | None, limit: int) -> None:
    """The audit trail, newest first."""
    rows = session.api.pages("/audit", "audit", limit, actor=actor, application=app)
    session.out.rows("audit", rows, ("id", "when", "actor", "door", "action", "subject", "outcome"))


@audit.command("verify")
@click.pass_context
def verify_audit(context: click.Context) -> None:
    """Whether no row of the audit trail was changed or taken out."""
    session: Session = context.obj
    verdict = session.api.get("/audit/verdict")
    word = f"{verdict['rows']} rows, whole" if verdict["ok"] else f"broken at row {verdict['broken']}"
    session.out.document(verdict, word)
    context.exit(0 if verdict["ok"] else 1)


@click.command()
@click.argument("url")
@pass_session
def login(session: Session, url: str) -> None:
    """Store where LAMPAS is and your token, for the next commands. The token is read from LAMPAS_TOKEN or asked for."""
    secret = os.environ.get("LAMPAS_TOKEN") or click.prompt("Token", hide_input=True, err=True)
    if not url.startswith(("http://", "https://")):
        raise InvalidInput(f"{url} is no address", "write it as http://HOST:PORT")
    found = Target(url.rstrip("/"), secret.strip())
    me = session.connect(found).get("/me")
    path = target.store(found, os.environ)
    session.out.document({"url": found.url, "name": me["name"]}, f"logged in as {me['name']}; stored in {path}")


def _grants(grants: object) -> list[str]:
    rows = grants if isinstance(grants, list) else []
    return [f"{row['grant']}@{row['application']}" if row["application"] else row["grant"] for row in rows]


COMMANDS = (token, user, audit, login)
