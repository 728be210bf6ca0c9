"""What real applications bring, in a real browser: settings, secrets, databases, setup hooks, logs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from browser.console.conftest import Visitor, visitor
from engines.interface import Code, interface
from integration.console import rows
from lampas.core.cluster.live import AppLive

CANARY = "canary-of-the-console-7f3a"
WAITING = {"timeout": 15_000}
TALKS = """
def application(environ, start_response):
    print("asked for", environ["PATH_INFO"], flush=True)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""


def hooked(number: int = 5, state: str = "unknown") -> None:
    """A release with all that a release can have, whose setup hooks stand so."""
    from lampas.dispatch.setup import work_of
    from lampas.store import setups

    definition = {
        "name": "shop", "runtime": "python", "entry": "shop:create_app()", "processes": 2, "env": {},
        "database": "none", "build_hooks": ["python -m shop collect"], "setup_hooks": ["python -m shop migrate"],
        "static": {"/static": "static"}, "persist": ["instance"],
    }  # fmt: skip
    row = rows.release("shop", number, "0" * 40, definition=definition)
    work = work_of(row)
    assert work is not None
    setups.write(work, number, state, "ada", "applying 0007_orders ...\n")


def database(app: str = "shop", *, kept: bool = False) -> None:
    """The row of a database, with a person who has an account."""
    from lampas.store.models import AppDatabase, DatabaseAccount

    AppDatabase.objects.create(
        application=app, name=f"app_{app}", state="ready", password=b"", rotated=rows.now(days=2),
        detached=rows.now(days=1) if kept else None,
    )  # fmt: skip
    DatabaseAccount.objects.create(
        account=f"vera_{app}", person="vera", application=app, read_only=True,
        expires=rows.now() + timedelta(minutes=30),
    )  # fmt: skip


def secret() -> None:
    """A secret that hides a setting."""
    from django.db import transaction

    from lampas.store import secrets

    with transaction.atomic():
        secrets.put("shop", "SHOP_MODE", CANARY, "ada")  # type: ignore[arg-type]


def test_a_secret_is_set_and_its_value_is_on_no_page(ada: Visitor) -> None:
    ada.go("/apps/shop/settings")
    ada.page.get_by_label("Name of the secret").fill("TOKEN")
    field = ada.page.get_by_label("Value of the secret")
    expect(field).to_have_attribute("type", "password")
    field.fill(CANARY)
    ada.page.get_by_role("button", name="Set secret").click()
    ada.page.wait_for_url("**/operations/*")
    for path in ("/apps/shop/settings", "/apps/shop", "/apps/shop/releases/2", "/operations", "/audit", ada.page.url):
        ada.go(path.removeprefix(ada.address))
        assert CANARY not in ada.page.content()
    ada.go("/apps/shop/settings")
    assert "TOKEN" in ada.text()
    ada.page.get_by_role("button", name="Unset secret TOKEN").click()
    ada.go("/apps/shop/settings")
    assert "No secrets" in ada.text()
    assert ada.complaints == []


def test_a_secret_that_is_refused_is_not_sent_back(ada: Visitor) -> None:
    ada.go("/apps/shop/settings")
    ada.page.get_by_label("Name of the secret").fill("not a name")
    ada.page.get_by_label("Value of the secret").fill(CANARY)
    ada.page.get_by_role("button", name="Set secret").click()
    expect(ada.page.get_by_role("alert")).to_be_visible()
    assert CANARY not in ada.page.content()


def test_a_setting_becomes_a_commit_and_the_page_says_that_the_secret_wins(ada: Visitor) -> None:
    secret()
    ada.go("/apps/shop/settings")
    expect(ada.page.get_by_text("wins over the setting")).to_be_visible()
    ada.page.get_by_label("Name of the setting").fill("SHOP_COLOUR")
    ada.page.get_by_label("Value of the setting").fill("amber")
    ada.page.get_by_role("button", name="Set setting").click()
    ada.go("/apps/shop/settings")
    expect(ada.page.get_by_role("cell", name="amber")).to_be_visible()


def test_a_viewer_sees_no_values_and_is_told_why_nothing_can_be_changed(address: str, context: BrowserContext) -> None:
    database()
    hooked()
    vera = visitor(address, context, "vera")
    for path in ("settings", "database", "requirements", "releases/5"):
        assert vera.go(f"/apps/shop/{path}") == 200
        for button in vera.page.locator("main form[method=post] button").all():
            expect(button).to_be_disabled()
        assert "which you do not have" in vera.text(), path
    vera.go("/apps/shop/settings")
    assert "not shown" in vera.text()


def test_a_database_is_dropped_only_once_the_name_is_typed(ada: Visitor) -> None:
    database()
    ada.go("/apps/shop/database")
    assert "vera" in ada.text()
    drop = ada.page.get_by_role("button", name="Drop")
    expect(drop).to_be_disabled()
    ada.page.locator("#drop").fill("shop")
    expect(drop).to_be_enabled()
    ada.page.get_by_role("button", name="Rotate").click()
    ada.page.wait_for_url("**/operations/*")


def test_the_database_of_a_deleted_application_is_listed_and_ended(ada: Visitor) -> None:
    database("gone", kept=True)
    ada.go("/")
    assert "gone" in ada.text()
    ada.go("/kept")
    ada.page.get_by_label("Type gone to drop its database").fill("gone")
    ada.page.get_by_role("button", name="Drop database").click()
    ada.page.wait_for_url("**/operations/*")


@pytest.mark.parametrize(("button", "after"), [("Done", "done"), ("Again", "again")])
def test_interrupted_setup_hooks_need_attention_until_somebody_says_how_they_stand(
    ada: Visitor, button: str, after: str
) -> None:
    hooked()
    ada.go("/")
    assert "setup hooks of version 5" in ada.text().lower()
    ada.go("/apps/shop/releases/5")
    assert "applying 0007_orders" in ada.text()
    ada.page.get_by_role("button", name=button, exact=True).click()
    expect(ada.page.locator("#setup header .state")).to_contain_text(after)
    ada.go("/")
    assert "setup hooks of version 5" not in ada.text().lower()


def test_lines_of_the_log_appear_as_they_are_written_and_cut_by_the_address(
    ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lampas.dispatch import nodes

    with interface(plain=True) as node:
        name = node.app("shop")
        held = node.release(name, 2, Code({"app.py": TALKS}))[1]
        ended = node.apply(node.state([AppLive(name, (), {2: 100}, {2: node.first_port})], [held]))[-1]
        assert ended["outcome"] == "applied", ended
        monkeypatch.setitem(nodes._connections, "127.0.0.1:18443", node.console)
        _application(name)
        assert node.get(f"{name}.localhost", "/first")[0] == 200
        assert ada.go(f"/apps/{name}/logs?lines=100") == 200
        expect(ada.page.get_by_role("log")).to_contain_text("asked for /first", **WAITING)  # type: ignore[arg-type]
        assert node.get(f"{name}.localhost", "/second")[0] == 200
        expect(ada.page.get_by_role("log")).to_contain_text("asked for /second", **WAITING)  # type: ignore[arg-type]
        ada.go(f"/apps/{name}/logs?release=7")
        expect(ada.page.get_by_role("log")).not_to_contain_text("asked for")
        assert ada.complaints == []


def _application(name: str) -> None:
    from lampas.store.models import Application

    Application.objects.get_or_create(name=name)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_pages_with_much_on_them_come_without_a_complaint(ada: Visitor, colours: str, tmp_path: Path) -> None:
    database()
    database("gone", kept=True)
    hooked()
    secret()
    ada.page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    pages = {
        **{name: f"/apps/shop/{name}" for name in ("settings", "database", "disk", "requirements")},
        "kept": "/kept",
        "release": "/apps/shop/releases/5",
        "overview": "/",
    }
    for name, path in pages.items():
        assert ada.go(path) == 200, path
        ada.page.screenshot(path=tmp_path / f"{name}-{colours}.png", full_page=True)
        assert CANARY not in ada.page.content()
    assert ada.complaints == []


def test_the_new_pages_fit_a_telephone(address: str, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    ada = visitor(address, context, "ada")
    database()
    database("gone", kept=True)
    hooked()
    for path in (
        "/apps/shop/settings",
        "/apps/shop/database",
        "/apps/shop/requirements",
        "/kept",
        "/apps/shop/releases/5",
    ):
        ada.go(path)
        wide = ada.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
    context.close()
