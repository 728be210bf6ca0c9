"""Every page for every sort of person: what they may see, what they may not, and how it is said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from integration.console import rows
from integration.console.conftest import Visit

PAGES = (
    "/",
    "/code",
    "/code/shop",
    "/code/shop/tree/shop",
    "/code/shop/file/shop/catalogue.py",
    "/code/shop/blame/shop/catalogue.py",
    "/code/shop/raw/shop/catalogue.py",
    "/code/shop/log",
    "/code/shop/log?path=shop/catalogue.py",
    "/code/shop/edit/shop/catalogue.py",
    "/code/shop/new",
    "/code/empty",
    "/search?q=pages",
    "/apps",
    "/apps/shop",
    "/apps/shop/releases/2",
    "/apps/shop/releases/4",
    "/apps/shop/compare?from=2&to=3",
    "/apps/shop/closure",
    "/apps/shop/why?module=shop.orders",
    "/apps/shop/settings",
    "/apps/shop/database",
    "/apps/shop/disk",
    "/apps/shop/requirements",
    "/packages",
    "/kept",
    "/new/application",
    "/operations",
    "/nodes",
    "/nodes/here",
    "/people",
    "/tokens",
    "/audit",
    "/audit?verify=1",
)
ADMINISTRATORS = ("/people", "/audit", "/audit?verify=1")
OF_THE_APPLICATION = ("/", "/apps", "/kept", "/operations", "/tokens", "/new/application")


@pytest.mark.usefixtures("place")
def test_an_administrator_sees_every_page(visit: Visit) -> None:
    browser = visit("ada")
    seen = {page: browser.get(page).status_code for page in PAGES}
    assert seen == dict.fromkeys(PAGES, 200)


@pytest.mark.usefixtures("place")
def test_a_viewer_sees_all_but_people_and_audit(visit: Visit) -> None:
    browser = visit("vera")
    seen = {page: browser.get(page).status_code for page in PAGES}
    assert seen == {page: 403 if page in ADMINISTRATORS else 200 for page in PAGES}


@pytest.mark.usefixtures("place")
def test_a_developer_of_one_application_sees_that_application_alone(visit: Visit) -> None:
    rows.release("other", 1, "0" * 40)
    browser = visit("dora")
    for page in PAGES:
        fine = page in OF_THE_APPLICATION or page.startswith("/apps/shop")
        assert browser.get(page).status_code == (200 if fine else 403), page
    assert browser.get("/apps/other").status_code == 403
    assert "/apps/other" not in browser.get("/apps").content.decode()
    other = rows.operation("build", "other")
    assert browser.get(f"/operations/{other.pk}").status_code == 404
    assert f"/operations/{other.pk}" not in browser.get("/operations").content.decode()


@pytest.mark.usefixtures("place")
def test_without_a_login_every_page_asks_for_one(visit: Visit) -> None:
    browser = visit(None)
    for page in PAGES:
        response = browser.get(page)
        assert response.status_code == 302, page
        assert response.headers["Location"].startswith("/login"), page


@pytest.mark.usefixtures("place")
def test_no_page_has_script_or_style_of_its_own(visit: Visit) -> None:
    browser = visit("ada")
    for page in PAGES:
        response: Any = browser.get(page)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"], page
        if "raw" in page:
            continue
        text = response.content.decode()
        assert not re.search(r"<style|<script(?![^>]* src=)|\son[a-z]+=\"|\sstyle=\"|javascript:", text), page
        assert len(re.findall(r"<h1", text)) == 1, page
        assert '<html lang="en"' in text, page


@pytest.mark.usefixtures("place")
def test_what_is_not_there_has_a_page_of_its_own(visit: Visit) -> None:
    browser = visit("ada")
    for page in (
        "/nowhere",
        "/code/nothing",
        "/code/shop/file/nothing.py",
        "/code/shop/tree/nothing",
        "/code/shop?at=nothing",
        "/code/shop/commit/0000000000000000000000000000000000000000",
        "/apps/nothing",
        "/apps/shop/releases/99",
        "/operations/999999",
        "/nodes/nothing",
    ):
        response = browser.get(page)
        assert response.status_code == 404, page
        assert "There is nothing here" in response.content.decode(), page


@pytest.mark.usefixtures("place")
def test_nonsense_in_an_address_is_no_crash(visit: Visit) -> None:
    browser = visit("ada")
    for page in (
        "/operations?before=x&state=nonsense",
        "/audit?before=-1",
        "/code/shop/log?page=-7",
        "/code/shop/log?page=99999999999999",
        "/search?q=%00",
        "/apps/shop/compare?from=a&to=",
        "/apps/shop/closure?at=--help",
        "/apps/shop/why?module=%22%3E%3Cscript%3E",
        "/code/shop/file/../../etc/passwd",
        "/code/shop?at=--output=x",
        "/people?after=%27",
    ):
        assert browser.get(page).status_code < 500, page


@pytest.mark.usefixtures("place")
def test_a_forged_form_is_refused_and_says_so(visit: Visit) -> None:
    from django.test import Client

    browser = Client(enforce_csrf_checks=True, headers={"Host": "localhost"})
    browser.cookies = visit("ada").cookies
    response = browser.post("/apps/shop/rollback")
    assert response.status_code == 403
    assert "The form was too old" in response.content.decode()


@pytest.mark.usefixtures("place")
def test_every_route_declares_its_permission() -> None:
    from lampas.server import routes, urls

    routes.check(urls.urlpatterns)
    pages = [route for route in routes.walk(urls.urlpatterns) if route.pattern.startswith("/apps")]
    assert len(pages) > 10 and all(route.declared is not None for route in pages)
