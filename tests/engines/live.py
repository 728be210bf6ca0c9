"""A live server of console and API in this process, for clients outside of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def live_server() -> Iterator[int]:
    """Serves on a free port of loopback, which it gives; Django is set up and its tables are there."""
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

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is no error."""

    serving = Serving(("127.0.0.1", 0), Quiet)
    serving.set_app(application)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield serving.server_port
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join(10)
