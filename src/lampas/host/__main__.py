"""The commands of this machine alone: `python -m lampas.host`."""

from __future__ import annotations

import sys

import click

from lampas.errors import LampasError
from lampas.host.commands import COMMANDS


def main() -> None:
    """Runs a command; an error is one line."""
    group = click.Group("lampas", commands={command.name or "": command for command in COMMANDS})
    try:
        group()
    except LampasError as error:
        click.echo(f"{error.message}\n{error.remedy}".strip(), err=True)
        sys.exit(1)


main()
