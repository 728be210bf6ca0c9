"""People with tokens, a client of the API in this process, and a live server for clients outside of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.api import ApiClient

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
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.db import connections

    from lampas.server.wsgi import application

    class Quiet(WSGIRequestHandler):
        """Says nothing."""

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    class Serving(ThreadedWSGIServer):
        """Closes the database connections of each thread."""

        daemon_threads = True

        def close_request(self, request: Any) -> None:
            """At the end of a request's thread."""
            super().close_request(request)
            connections.close_all()

    serving = Serving(("127.0.0.1", 0), Quiet)
    serving.set_app(application)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()
    thread.join(10)
