"""A server of git over HTTP in this process, a client, and repositories to push."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest

from engines.git import Served, commit, ok


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def close_request(self, request: Any) -> None:
        """At the end of a request's thread its database connection goes."""
        from django.db import connections

        super().close_request(request)
        connections.close_all()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Says nothing."""


def make_people() -> tuple[str, str]:
    """A developer and a viewer. Returns their tokens."""
    from lampas.core.accounts import Grant
    from lampas.store import people, tokens

    found = []
    for name, grant in (("ada", Grant.DEVELOPER), ("vic", Grant.VIEWER)):
        people.add(name, f"{name}@localhost")
        people.grant(name, grant, "")
        found.append(tokens.issue(name, "git", timedelta(days=1)).token)
    return found[0], found[1]


@pytest.fixture(scope="session")
def port(django: Path) -> Iterator[int]:
    """The port of a threading WSGI server with all of LAMPAS's routes."""
    from django.core.wsgi import get_wsgi_application

    server = _Server(("127.0.0.1", 0), _Quiet)
    server.set_app(get_wsgi_application())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def served(tables: Path, port: int) -> Served:
    """The server with a developer and a viewer, and no repository."""
    token, reader = make_people()
    return Served(port, tables, token, reader)


@pytest.fixture
def shop(served: Served) -> Served:
    """The server with an empty repository `shop`."""
    from lampas.store import history

    history.create("shop")  # type: ignore[arg-type]
    return served


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A repository of a developer with one commit on main."""
    path = tmp_path / "work"
    path.mkdir()
    ok(path, "init", "-q", "-b", "main")
    commit(path, {"README": "one\n", "src/shop.py": "print('shop')\n"}, "begin")
    return path
