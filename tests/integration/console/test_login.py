"""Coming in by a one-time link."""

from __future__ import annotations

from typing import Any

from integration.console import rows
from integration.console.conftest import Visit


def _link(name: str = "ada") -> str:
    from lampas.store.accounts import make_link

    return f"/login/{make_link(name)}"


def test_a_link_lets_in_once_and_only_by_its_button(visit: Visit) -> None:
    rows.person("ada")
    browser, link = visit(None), _link()
    assert "Welcome, ada" in browser.get(link).content.decode()
    assert browser.get("/").status_code == 302
    assert browser.post(link).headers["Location"] == "/"
    assert browser.get("/").status_code == 200
    again = visit(None).post(link)
    assert again.status_code == 403
    assert "works once" in again.content.decode() and "lampas up" in again.content.decode()


def test_an_expired_link_says_what_to_do(visit: Visit) -> None:
    from lampas.store.models import LoginLink

    rows.person("ada")
    link = _link()
    LoginLink.objects.update(expires=rows.now(minutes=1))
    response = visit(None).get(link)
    assert response.status_code == 403
    assert "lampas up" in response.content.decode()


def test_somebody_comes_back_to_where_they_wanted_to_go(visit: Visit) -> None:
    rows.person("ada")
    browser = visit(None)
    there = browser.get("/operations?state=failed")
    assert there.headers["Location"] == "/login?next=%2Foperations%3Fstate%3Dfailed"
    browser.get(there.headers["Location"])
    assert browser.post(_link()).headers["Location"] == "/operations?state=failed"


def test_nobody_is_sent_to_another_site(visit: Visit) -> None:
    rows.person("ada")
    for evil in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        browser = visit(None)
        browser.get("/login", {"next": evil})
        assert browser.post(_link()).headers["Location"] == "/"
        assert browser.post("/theme", {"theme": "dark", "next": evil}).headers["Location"] == "/"


def test_logging_in_changes_the_session_key(visit: Visit) -> None:
    rows.person("ada")
    browser = visit(None)
    browser.get("/login", {"next": "/code"})
    planted = browser.cookies["lampas_session"].value
    browser.post(_link())
    assert browser.cookies["lampas_session"].value != planted


def test_the_secret_does_not_travel_in_a_referer(visit: Visit) -> None:
    rows.person("ada")
    assert visit(None).get(_link()).headers["Referrer-Policy"] == "strict-origin"


def test_logging_out_ends_the_session(visit: Visit) -> None:
    rows.person("ada")
    browser = visit()
    assert browser.get("/").status_code == 200
    browser.post("/logout")
    assert browser.get("/").status_code == 302


def test_a_disabled_person_is_out_at_once(visit: Visit) -> None:
    from lampas.store.models import Person

    rows.person("ada")
    browser = visit()
    assert browser.get("/").status_code == 200
    Person.objects.update(disabled=rows.now())
    assert browser.get("/").status_code == 302


def test_a_fragment_for_somebody_logged_out_sends_the_page_to_the_login(visit: Visit) -> None:
    response: Any = visit(None).get("/operations/1/steps", headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/login")


def test_the_colours_are_kept_in_a_cookie(visit: Visit) -> None:
    rows.person("ada")
    browser = visit()
    assert "data-theme" not in browser.get("/").content.decode()
    browser.post("/theme", {"theme": "dark", "next": "/"})
    assert 'data-theme="dark"' in browser.get("/").content.decode()
    browser.post("/theme", {"theme": "auto", "next": "/"})
    assert "data-theme" not in browser.get("/").content.decode()
