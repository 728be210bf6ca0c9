"""Applications: what they are made of, and their settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import click

from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session
from lampas.cli.settings import LocalFile, Pair, once
from lampas.cli.units import size

_SAID = ("name", "file", "commit", "definition_commit")  # by the first lines already


@click.group()
def app() -> None:
    """Applications."""


@app.command("create")
@click.argument("name")
@click.option("--repo", "repository", required=True, help="Where its code is.")
@click.option("--entry", required=True, help="shop.wsgi:application, or a factory shop:create_app().")
@click.option("--runtime", type=click.Choice(("python", "perl")), default="python", show_default=True)
@click.option("--link", "links", multiple=True, help="A further module or path pattern to start from.")
@click.option("--requirements", help="Its requirements file.")
@click.option("--root", help="The directory where module names start.")
@click.option("--database", type=click.Choice(("none", "own")))
@click.option("--persist", multiple=True, help="A directory that outlives releases.")
@click.option("--env", "pairs", type=Pair(), multiple=True, help="A setting.")
@click.option("--file", "files", type=LocalFile(), multiple=True, help="A file besides the code, as PATH=FILE.")
@pass_session
def create(
    session: Session,
    /,
    name: str,
    pairs: tuple[tuple[str, str], ...],
    files: tuple[tuple[str, str], ...],
    **options: Any,
) -> None:
    """Make an application: writes its definition to the repository `cluster`."""
    given = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
    body = {"name": name, **{key: value for key, value in given.items() if value not in (None, [])}}
    made = session.api.post("/applications", {**body, "env": once(pairs), "files": once(files)})
    session.out.document(made, f"{name} is made; build it: lampas release build {name}")


@app.command("define")
@click.argument("name")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@pass_session
def define(session: Session, name: str, file: TextIO) -> None:
    """Make or change an application by FILE, which holds [app.NAME] as lampas.toml does; `-` is stdin."""
    made = session.api.ask("PUT", f"/applications/{name}/definition", body={"text": file.read()})
    session.out.document(made, f"{name} is defined; build it: lampas release build {name}")


@app.command("list")
@pass_session
def list_applications(session: Session) -> None:
    """Applications, newest first, with what is live."""
    rows = session.api.pages("/applications", "apps", 1000)
    if session.json:
        session.out.rows("apps", rows, ())
        return
    shown = [{**row, "live": {number: f"{share} %" for number, share in row["traffic"].items()}} for row in rows]
    session.out.rows("apps", shown, ("name", "runtime", "repository", "live", "url"), empty="no applications yet")


@app.command("show")
@click.argument("name")
@pass_session
def show(session: Session, name: str) -> None:
    """One application: its definition in force and its versions."""
    found = session.api.get(f"/applications/{name}")
    if session.json:
        session.out.emit(found)
        return
    session.out.document({}, f"{name}  {found['url']}", f"definition in force: {found['source'] or found['problem']}")
    for key, value in found["definition"].items():
        if value not in (None, "", [], {}) and key not in _SAID:
            said = list(value) if key == "files" else value  # their names: what they hold may be long
            session.out.document({}, f"  {key} = {_shown(said)}")
    session.out.rows("versions", found["versions"], ("number", "state", "traffic", "url", "created"))


@app.command("delete")
@click.argument("name")
@click.option(
    "--yes", "--confirm", "confirm", metavar="NAME", help="The name once more, instead of typing it when asked."
)
@pass_session
def delete(session: Session, name: str, confirm: str | None) -> None:
    """Stop an application and forget it; says what stays, and how that is ended. Asks for its name."""
    if confirm is None:
        confirm = click.prompt(f"Type {name} to delete it", err=True, default="", show_default=False)
    code = session.api.get(f"/applications/{name}")["definition"].get("repository", "")
    result = wait(session, session.api.ask("DELETE", f"/applications/{name}", body={"confirm": confirm}))
    session.out.document({"name": name, **result}, f"{name} is deleted", *_stays(name, code, result))


def _stays(name: str, code: str, result: Mapping[str, Any]) -> Iterator[str]:
    if code:
        yield f"its code stays in the repository {code}, and its releases can still be read"
    for node, taken in result.get("data", {}).items():
        yield f"its data stays on {node}, {size(taken)}; to end it: lampas data drop {name}"
    if result.get("database") == "kept":
        yield f"its database stays; to end it: lampas db drop {name}"


@click.group()
def env() -> None:
    """Settings of an application. A change makes the next release; code is not built again for it."""


@env.command("set")
@click.argument("app")
@click.argument("pairs", type=Pair(), nargs=-1, required=True)
@pass_session
def set_environment(session: Session, app: str, pairs: tuple[tuple[str, str], ...]) -> None:
    """Set variables, in the file that defines the application."""
    _change(session, app, {"set": once(pairs), "unset": []})


@env.command("unset")
@click.argument("app")
@click.argument("names", nargs=-1, required=True)
@pass_session
def unset_environment(session: Session, app: str, names: tuple[str, ...]) -> None:
    """Take variables away."""
    _change(session, app, {"set": {}, "unset": list(names)})


def _change(session: Session, app: str, body: Mapping[str, Any]) -> None:
    changed = session.api.ask("PATCH", f"/applications/{app}/env", body=body)
    result: dict[str, Any] = {"name": app, "commit": changed["commit"], "number": changed["number"]}
    if changed["operation"] is not None:
        result |= wait(session, changed)
    if result["number"] is None:
        session.out.document(result, f"committed as {changed['commit'][:12]}")
        return
    word = f"release {result['number']} has it: lampas deploy {app} {result['number']}"
    session.out.document(result, f"committed as {changed['commit'][:12]}; {word}")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    return str(value)


COMMANDS = (app, env)
