"""The console in a real browser: nothing is complained of, and what needs the script works."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from browser.console.conftest import Visitor, visitor
from integration.console import rows

PAGES = {
    "overview": "/",
    "code": "/code",
    "repository": "/code/shop",
    "file": "/code/shop/file/shop/catalogue.py",
    "blame": "/code/shop/blame/shop/catalogue.py",
    "history": "/code/shop/log",
    "editor": "/code/shop/edit/shop/catalogue.py",
    "search": "/search?q=pages",
    "applications": "/apps",
    "application": "/apps/shop",
    "new-application": "/new/application",
    "release": "/apps/shop/releases/2",
    "failed-release": "/apps/shop/releases/4",
    "compare": "/apps/shop/compare?from=2&to=3",
    "closure": "/apps/shop/closure",
    "why": "/apps/shop/why?module=shop.orders",
    "settings": "/apps/shop/settings",
    "database": "/apps/shop/database",
    "disk": "/apps/shop/disk",
    "requirements": "/apps/shop/requirements",
    "kept": "/kept",
    "operations": "/operations",
    "nodes": "/nodes",
    "people": "/people",
    "tokens": "/tokens",
    "audit": "/audit?verify=1",
}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_comes_without_a_complaint(ada: Visitor, colours: str, tmp_path: Path) -> None:
    ada.page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    for name, path in PAGES.items():
        assert ada.go(path) == 200, path
        picture = tmp_path / f"{name}-{colours}.png"
        ada.page.screenshot(path=picture, full_page=True)
        assert picture.stat().st_size > 10_000
    assert ada.complaints == []


def test_no_page_is_wider_than_a_telephone(address: str, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    ada = visitor(address, context, "ada")
    for path in PAGES.values():
        ada.go(path)
        wide = ada.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
    context.close()


def test_pages_read_without_javascript(address: str, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    ada = visitor(address, context, "ada")
    for path in PAGES.values():
        assert ada.go(path) == 200
    ada.go("/apps/shop")
    ada.page.get_by_label("v2 live").fill("70")
    ada.page.get_by_label("v3 live").fill("30")
    ada.page.get_by_role("button", name="Set traffic").click()
    expect(ada.page.get_by_role("heading", level=1)).to_contain_text("Split shop: v2 70")
    context.close()


def test_the_policy_stops_a_script_that_gets_onto_a_page(ada: Visitor) -> None:
    ada.page.evaluate(
        "() => { const s = document.createElement('script'); s.text = 'window.evil = 1'; document.body.append(s); }"
    )
    assert ada.page.evaluate("window.evil") is None
    assert any("Content Security Policy" in complaint for complaint in ada.complaints)


def test_steps_appear_while_an_operation_runs_and_polling_ends_with_it(ada: Visitor) -> None:
    from lampas.store.models import Operation, OperationStep

    row = rows.operation("build", state="running", steps=[("closure", "running", "reading 14 modules", "")])
    ada.go(f"/operations/{row.pk}")
    expect(ada.page.locator("#live")).to_contain_text("reading 14 modules")
    OperationStep.objects.filter(operation=row).update(state="done", ended=rows.now())
    OperationStep.objects.create(
        operation=row, seq=2, name="verify", state="running", detail="starting it alone", started=rows.now()
    )
    expect(ada.page.locator("#live")).to_contain_text("starting it alone")
    OperationStep.objects.filter(operation=row).update(state="done", ended=rows.now())
    Operation.objects.filter(pk=row.pk).update(state="done", ended=rows.now(), result={"number": 3, "members": 14})
    expect(ada.page.locator("#live")).to_contain_text("Built with 14 modules")
    asked: list[str] = []
    ada.page.on("request", lambda request: asked.append(request.url))
    ada.page.wait_for_timeout(2500)
    assert [url for url in asked if "steps" in url] == []
    assert ada.complaints == []


def test_sliders_of_two_versions_move_together_and_the_sum_is_watched(ada: Visitor) -> None:
    ada.go("/apps/shop")
    send = ada.page.get_by_role("button", name="Set traffic")
    ada.page.get_by_label("v2 live").fill("50")
    ada.page.get_by_label("v2 live").blur()
    expect(ada.page.locator(".total")).to_have_text("adds up to 60 %, must be 100 %")
    expect(send).to_be_disabled()
    ada.page.get_by_label("v3 live").fill("50")
    ada.page.get_by_label("v3 live").blur()
    expect(send).to_be_enabled()
    send.click()
    expect(ada.page.get_by_role("heading", level=1)).to_contain_text("Split shop")


def test_a_dangerous_button_wakes_once_the_name_is_typed(ada: Visitor) -> None:
    ada.go("/apps/shop")
    send = ada.page.get_by_role("button", name="Delete")
    expect(send).to_be_disabled()
    ada.page.locator("#delete").fill("shop")
    expect(send).to_be_enabled()


def test_a_button_that_is_not_allowed_never_wakes(address: str, context: BrowserContext) -> None:
    vera = visitor(address, context, "vera")
    vera.go("/apps/shop")
    vera.page.locator("#delete").fill("shop")
    for name in ("Delete", "Set traffic", "Deploy", "Build", "Roll back", "Retire"):
        expect(vera.page.get_by_role("button", name=name, exact=True)).to_be_disabled()


def test_the_editor_marks_what_is_not_saved_and_commits_by_the_keyboard(ada: Visitor) -> None:
    ada.go("/code/shop/edit/README.md")
    mark = ada.page.get_by_text("not saved")
    expect(mark).to_be_hidden()
    ada.page.get_by_label("Text", exact=True).fill("# shop, better\n")
    expect(mark).to_be_visible()
    ada.page.keyboard.press("Control+s")
    expect(ada.page.get_by_role("status")).to_contain_text("Committed as")
    expect(ada.page.locator(".source")).to_contain_text("# shop, better")
    assert ada.complaints == []


def test_leaving_the_editor_with_unsaved_text_asks_first(ada: Visitor) -> None:
    ada.go("/code/shop/edit/README.md")
    ada.page.get_by_label("Text", exact=True).press_sequentially("more")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    ada.page.on("dialog", stay)
    ada.page.get_by_role("link", name="Cancel").click(no_wait_after=True)
    ada.page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert ada.page.url.endswith("/edit/README.md")


def test_the_colours_are_chosen_by_a_button_and_stay(ada: Visitor) -> None:
    ada.page.get_by_role("button", name="Dark").click()
    expect(ada.page.locator("html")).to_have_attribute("data-theme", "dark")
    ada.go("/apps")
    expect(ada.page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = ada.page.evaluate("getComputedStyle(document.body).color")
    ada.page.get_by_role("button", name="Light").click()
    assert ada.page.evaluate("getComputedStyle(document.body).color") != dark


def test_the_keyboard_reaches_content_search_and_pages(ada: Visitor) -> None:
    ada.page.keyboard.press("Tab")
    expect(ada.page.get_by_role("link", name="Skip to content")).to_be_focused()
    ada.page.keyboard.press("/")
    expect(ada.page.get_by_role("searchbox")).to_be_focused()
    ada.page.get_by_role("searchbox").blur()
    ada.page.keyboard.press("g")
    ada.page.keyboard.press("a")
    ada.page.wait_for_url("**/apps")


def test_each_field_and_button_has_a_name(ada: Visitor) -> None:
    nameless = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')]
        .filter(e => !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.textContent.trim())
        .map(e => e.outerHTML)"""
    for path in PAGES.values():
        ada.go(path)
        assert ada.page.evaluate(nameless) == [], path


def test_curl_is_shown_and_copied(address: str, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    ada = visitor(address, context, "ada")
    ada.go("/apps/shop")
    ada.page.get_by_text("Copy as curl").first.click()
    ada.page.get_by_role("button", name="Copy").first.click()
    expect(ada.page.get_by_role("button", name="Copied")).to_be_visible()
    copied = ada.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl -X POST {address}/api/v1/applications/shop/releases") and "$LAMPAS_TOKEN" in copied
