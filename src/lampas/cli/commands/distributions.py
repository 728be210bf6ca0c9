"""Distributions: bills of materials, proposals, known vulnerabilities."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import IO

import click

from lampas.cli.commands.releases import release
from lampas.cli.session import Session, pass_session
from lampas.errors import InvalidInput


@release.command("sbom")
@click.argument("app")
@click.argument("number", type=int)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file.")
@pass_session
def sbom(session: Session, app: str, number: int, output: Path | None) -> None:
    """A release's bill of materials, as CycloneDX JSON."""
    found = session.api.get(f"/applications/{app}/releases/{number}/sbom")
    text = json.dumps(found, ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    output.write_text(text + "\n", encoding="utf-8")
    done = {"name": app, "number": number, "file": str(output), "components": len(found["components"])}
    session.out.document(done, f"the bill of materials of {app}/{number} is in {output}")


@click.command()
@click.argument("app")
@click.option("--at", help="At this branch, tag or commit.")
@click.option("--accept", "accepted", multiple=True, metavar="REQUIREMENT", help="Require this, as PyYAML>=6.")
@click.option("--package", "packages", multiple=True, metavar="NAME", help="Ask for this Debian package.")
@pass_session
def proposals(session: Session, app: str, at: str | None, accepted: tuple[str, ...], packages: tuple[str, ...]) -> None:
    """Imports that lead nowhere, and distributions that may be meant. Nothing is fetched before it is accepted."""
    if packages:
        done = session.api.post(f"/applications/{app}/packages", {"names": list(packages)})
        session.out.document(
            done,
            f"{done['file']} of {done['repository']} asks for {', '.join(packages)} since {done['commit'][:12]}",
            f"an operator approves them once: lampas packages approve {' '.join(packages)}",
        )
        return
    if accepted:
        done = session.api.post(f"/applications/{app}/requirements", {"requirements": list(accepted)})
        session.out.document(
            done,
            f"{done['file']} of {done['repository']} requires {', '.join(accepted)} since {done['commit'][:12]}",
            f"build it: lampas release build {app}",
        )
        return
    found = session.api.get(f"/applications/{app}/proposals", at=at)["proposals"]
    columns = ("name", "file", "line", "optional", "candidates", "packages")
    session.out.rows("proposals", found, columns, empty="every import leads somewhere")


@click.group(invoke_without_command=True)
@click.option("--app", help="Of this application alone.")
@click.pass_context
@pass_session
def advisories(session: Session, context: click.Context, app: str | None) -> None:
    """Known vulnerabilities of distributions in what runs, or may run next."""
    if context.invoked_subcommand is not None:
        return
    found = session.api.get(f"/applications/{app}/advisories" if app else "/advisories")
    rows = [{**one["vulnerability"], **{k: one[k] for k in ("app", "number", "state")}} for one in found["affected"]]
    columns = ("app", "number", "state", "distribution", "version", "id", "severity", "fixed", "summary")
    known = "nothing that is known affects a release"
    empty = known if found["imported"] else "nothing is known: lampas advisories import FILE"
    session.out.rows("advisories", rows, columns, empty=empty, imported=found["imported"])


@advisories.command("import")
@click.argument("source", metavar="FILE", type=click.Path(exists=True, path_type=Path))
@pass_session
def import_advisories(session: Session, source: Path) -> None:
    """Replace what is known by OSV documents: a .zip as the OSV project exports it, a directory, or a .json file."""
    with tempfile.TemporaryFile() as packed:
        if source.suffix == ".zip" and source.is_file():
            with source.open("rb") as archive:
                done = session.api.put("/advisories", archive)
        else:
            _pack(source, packed)
            packed.seek(0)
            done = session.api.put("/advisories", packed)
    session.out.document(done, f"{done['advisories']} advisories about distributions of Python are known")


def _pack(source: Path, packed: IO[bytes]) -> None:
    files = sorted(source.rglob("*.json")) if source.is_dir() else [source]
    if not files:
        raise InvalidInput(f"{source} holds no .json files", "give OSV documents, as the OSV project exports them")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(files):
            archive.writestr(f"{number}/{file.stem}.json", file.read_bytes())


COMMANDS = (proposals, advisories)
