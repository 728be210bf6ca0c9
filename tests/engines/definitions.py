"""Definitions of other people's applications, as a user writes them: `app.toml` and the files beside the code."""

from __future__ import annotations

import json
from pathlib import Path

from engines.node import Node

CASES = Path(__file__).parents[1] / "cases" / "applications"


def define(node: Node, case: str, name: str) -> None:
    """Defines the application `name` by the case's `app.toml`; every other file of the case stands beside its code."""
    folder = CASES / case
    text = (folder / "app.toml").read_text().replace("NAME", name).replace("PORT", str(node.port))
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "app.toml")
    if files:
        text += f"\n[app.{name}.files]\n"
        # A JSON string is a TOML string, too.
        text += "".join(f'"{path.relative_to(folder)}" = {json.dumps(path.read_text())}\n' for path in files)
    written = node.directory / f"{name}.toml"
    written.write_text(text)
    node.json("app", "define", name, str(written))


def with_secret(node: Node, name: str, secret: str, value: str) -> None:
    """Sets a secret of an application, as a person pipes it in."""
    node.lampas("secret", "set", name, secret, stdin=value)
