"""What every command gets: how to print, and the API that it asks for when it needs it."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

import click

from lampas.cli import target
from lampas.cli.client import Api
from lampas.cli.output import Output


class Session:
    """One run of the command line; `click.Context.obj`.

    Attributes:
        json: Whether the result is one JSON document.
        home: The home of the node on this machine.
        out: How it prints.
    """

    def __init__(self, home: str | None, *, as_json: bool) -> None:
        self._option = home
        self.json = as_json
        self.home: Path = target.home(home, os.environ)
        self.out = Output(as_json=as_json)

    @cached_property
    def api(self) -> Api:
        """The API of the node that this run is about."""
        return self.connect(target.find(self._option, os.environ))

    def connect(self, where: target.Target) -> Api:
        """Another API, closed with this run as well."""
        api = Api(where)
        click.get_current_context().call_on_close(api.close)
        return api


pass_session = click.make_pass_decorator(Session)
