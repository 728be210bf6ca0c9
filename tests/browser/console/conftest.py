"""A live server with a small place in it, and Debian's Chromium that looks at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from integration.console import rows

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visitor:
    """Somebody with a browser: their page, and everything that their browser complained of."""

    address: str
    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> int:
        """Opens a page and returns its status."""
        response = self.page.goto(self.address + path)
        assert response is not None
        return response.status

    def text(self) -> str:
        """What the page's main part says."""
        return self.page.locator("main").inner_text()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module's tests. While it lives its loop runs in the tests' thread, which Django must bear."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def address(chromium: Browser, tables: Path) -> Iterator[str]:
    """Where a live server with the small place of `rows.everything` answers."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.db import connections

    from lampas.server.wsgi import application

    rows.everything()

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
            """A browser that went away is no error."""

    server = Serving(("127.0.0.1", 0), Quiet)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser: no cookies, a wide window."""
    opened = chromium.new_context(viewport={"width": 1360, "height": 860})
    yield opened
    opened.close()


@pytest.fixture
def ada(address: str, context: BrowserContext) -> Visitor:
    """An administrator, logged in by a link."""
    return visitor(address, context, "ada")


def visitor(address: str, context: BrowserContext, name: str) -> Visitor:
    """Somebody who comes in by a fresh link."""
    from lampas.store.accounts import make_link

    page = context.new_page()
    found = Visitor(address, page)
    page.on("console", lambda message: found.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.go(f"/login/{make_link(name)}")
    page.get_by_role("button", name="Log in to").click()
    page.wait_for_url(f"{address}/")
    return found
