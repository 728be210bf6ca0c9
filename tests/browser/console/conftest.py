"""A live server with a small place in it, and Debian's Chromium that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from engines.live import live_server
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
    rows.everything()
    with live_server() as port:
        yield f"http://localhost:{port}"


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
