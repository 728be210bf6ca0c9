"""Code: search, modules and their history."""

from __future__ import annotations

import click

from lampas.cli.session import Session, pass_session
from lampas.errors import InvalidInput


@click.command()
@click.argument("text")
@click.option("--repo", help="In this repository alone.")
@click.option("--limit", default=200, show_default=True)
@pass_session
def search(session: Session, text: str, repo: str | None, limit: int) -> None:
    """Search all code, at the heads of the default branches."""
    found = session.api.get("/search", text=text, repository=repo, limit=limit)
    if session.json:
        session.out.emit(found)
        return
    for row in found["matches"]:
        session.out.document({}, f"{row['repository']}:{row['path']}:{row['line']}: {row['text']}")
    if found["more"]:
        session.out.say(f"there are more than {limit}; narrow the search")
    elif not found["matches"]:
        session.out.say("nothing found")


@click.group()
def module() -> None:
    """Modules: named units of code, written REPO:MODULE or REPO:PATH."""


@module.command("show")
@click.argument("name", metavar="REPO:MODULE")
@click.option("--at", help="At this branch, tag or commit.")
@pass_session
def show(session: Session, name: str, at: str | None) -> None:
    """A module: its file, its revision, what it names."""
    repository, path = _module(session, name, at)
    found = session.api.get(f"/repositories/{repository}/module", path=path, at=at)
    if session.json:
        session.out.emit(found)
        return
    session.out.document({}, f"{repository}:{found['module']}  {found['kind']}", f"{found['path']} {found['revision']}")
    session.out.rows("needs", found["needs"], ("name", "provenance", "line", "path"), empty="it names nothing else")


@module.command("history")
@click.argument("name", metavar="REPO:MODULE")
@click.option("--at", help="Up to this branch, tag or commit.")
@click.option("--limit", default=50, show_default=True)
@pass_session
def history(session: Session, name: str, at: str | None, limit: int) -> None:
    """The commits that changed a module, newest first."""
    repository, path = _module(session, name, at)
    rows = session.api.get(f"/repositories/{repository}/log", path=path, at=at, limit=limit)["commits"]
    shown = rows if session.json else [{**row, "commit": row["commit"][:12], "message": _first(row)} for row in rows]
    session.out.rows("commits", shown, ("commit", "when", "author", "message"))


@module.command("diff")
@click.argument("name", metavar="REPO:MODULE")
@click.argument("older")
@click.argument("newer", required=False)
@pass_session
def diff(session: Session, name: str, older: str, newer: str | None) -> None:
    """How a module differs between two branches, tags or commits."""
    repository, path = _module(session, name, newer)
    found = session.api.get(f"/repositories/{repository}/diff", path=path, older=older, newer=newer)
    session.out.document(found, *found["diff"].splitlines())


@module.command("blame")
@click.argument("name", metavar="REPO:MODULE")
@click.option("--at", help="At this branch, tag or commit.")
@pass_session
def blame(session: Session, name: str, at: str | None) -> None:
    """Who wrote each line of a module, in which commit."""
    repository, path = _module(session, name, at)
    found = session.api.get(f"/repositories/{repository}/blame", path=path, at=at)
    if session.json:
        session.out.emit(found)
        return
    for row in found["lines"]:
        session.out.document({}, f"{row['commit'][:12]} {row['author'][:16]:16} {row['line']:5} {row['text']}")


@module.command("dead")
@click.option("--repo", help="In this repository alone.")
@pass_session
def dead(session: Session, repo: str | None) -> None:
    """Modules that are in no live closure; HEADS names the applications that need them at the heads."""
    rows = session.api.get("/modules/dead", repository=repo)["modules"]
    shown = rows if session.json else [{**row, "heads": row["applications"]} for row in rows]
    session.out.rows("modules", shown, ("repository", "module", "path", "heads"), empty="every module is needed")


@module.command("cycles")
@click.option("--repo", help="In this repository alone.")
@pass_session
def cycles(session: Session, repo: str | None) -> None:
    """Modules that import each other in a circle, with the imports that do it."""
    found = session.api.get("/modules/cycles", repository=repo)
    if session.json:
        session.out.emit(found)
        return
    for cycle in found["cycles"]:
        session.out.document({}, f"{cycle['repository']}: {len(cycle['modules'])} modules in a circle; the shortest:")
        for edge in cycle["shortest"]:
            session.out.document({}, f"  {edge['source']} → {edge['target']}  ({edge['file']}:{edge['line']})")
        if len(cycle["edges"]) > len(cycle["shortest"]):
            session.out.document({}, f"  {len(cycle['edges'])} imports in all: {', '.join(cycle['modules'])}")
    if not found["cycles"]:
        session.out.say("no cycles")


@module.command("unresolved")
@click.option("--waived", is_flag=True, help="Also what is waived.")
@pass_session
def unresolved(session: Session, waived: bool) -> None:
    """Imports that lead nowhere, in all applications, with what would mend each."""
    found = session.api.get("/modules/unresolved", waived=waived)
    if session.json:
        session.out.emit(found)
        return
    for row in found["unresolved"]:
        weight = "stops a build" if row["stops"] else f"waived: {row['waived']}" if row["waived"] else "listed"
        weight = "optional" if row["optional"] and not row["waived"] else weight
        where = f"{row['repository']}:{row['file']}:{row['line']}"
        session.out.document({}, f"{row['application']}: {row['name']}  ({where})  {weight}")
        for mend in row["mend"]:
            session.out.document({}, f"    {mend}")
    for one in found["problems"]:
        session.out.say(f"{one['application']} has no closure: {one['problem']}")
    if not found["unresolved"]:
        session.out.say("every import leads somewhere")


def _module(session: Session, name: str, at: str | None) -> tuple[str, str]:
    """The repository and the path of a module."""
    repository, separator, rest = name.partition(":")
    if not separator or not repository or not rest:
        raise InvalidInput(f"{name!r} names no module", "write REPO:MODULE, shop:shop.cart for example")
    found = session.api.get(f"/repositories/{repository}/find", module=rest, at=at)
    return repository, found["path"]


def _first(row: dict[str, str]) -> str:
    return row["message"].partition("\n")[0]


@click.command()
@pass_session
def rebuild(session: Session) -> None:
    """Recreate every projection and cache from the truth; says whether it differed."""
    done = session.api.post("/rebuild")
    session.out.document(done, "it differed" if done["differed"] else "it did not differ")


COMMANDS = (search, module, rebuild)
