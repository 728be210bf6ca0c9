"""People with tokens, a client of the API in this process, and a live server for clients outside of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.api import ApiClient
from engines.live import live_server

Somebody = Callable[..., ApiClient]


@pytest.fixture
def somebody(tables: Path) -> Somebody:
    """Makes a person with grants ("viewer", or "viewer@shop" for one application) and a client with their token."""

    def make(name: str, *grants: str) -> ApiClient:
        from lampas.core.accounts import Grant
        from lampas.store import people, tokens

        people.add(name, "")
        for item in grants:
            what, _, on = item.partition("@")
            people.grant(name, Grant(what), on)
        return ApiClient(tokens.issue(name, "test", None).token)

    return make


@pytest.fixture
def admin(somebody: Somebody) -> ApiClient:
    """A client of somebody who may everything."""
    return somebody("ada", "administrator")


@pytest.fixture
def server(tables: Path) -> Iterator[str]:
    """A live server on a free port; its URL."""
    with live_server() as port:
        yield f"http://127.0.0.1:{port}"
