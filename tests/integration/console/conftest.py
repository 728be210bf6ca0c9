"""A browser without JavaScript: Django's client, logged in as whoever a test asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration.console import rows

Visit = Callable[..., Any]


@pytest.fixture
def visit(tables: Path) -> Visit:
    """Makes a client with the session of a person who is there already."""

    def make(name: str | None = "ada") -> Any:
        from django.test import Client

        from lampas.store import people

        client = Client(headers={"Host": "localhost"})
        if name is not None:
            session = client.session
            session["person"] = people.find(name).pk
            session.save()
            client.cookies["lampas_session"] = session.session_key
        return client

    return make


@pytest.fixture
def place(tables: Path) -> None:
    """A whole small place; see `rows.everything`."""
    rows.everything()
