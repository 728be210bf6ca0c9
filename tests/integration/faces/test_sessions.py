"""The API by a browser's session: it lets in whoever logged in, and changes nothing without the CSRF token."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def browser(somebody: Any) -> Any:
    """A client with ada's session, which checks CSRF as a server does."""
    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import Client

    from lampas.store.models import Person

    somebody("ada", "administrator")
    session = SessionStore()
    session["person"] = Person.objects.get(name="ada").pk
    session.create()
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def test_a_session_reads(browser: Any) -> None:
    assert browser.get("/api/v1/me").json() == {
        "name": "ada",
        "door": "session",
        "grants": [{"grant": "administrator", "application": ""}],
    }


def test_a_session_without_the_csrf_token_changes_nothing(browser: Any) -> None:
    answer = browser.post("/api/v1/users", {"name": "eve"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    from lampas.store.models import Person

    assert not Person.objects.filter(name="eve").exists()


def test_a_session_with_the_csrf_token_may_change(browser: Any) -> None:
    from django.middleware.csrf import _get_new_csrf_string

    secret = _get_new_csrf_string()
    browser.cookies["csrftoken"] = secret
    answer = browser.post(
        "/api/v1/users", {"name": "bob"}, content_type="application/json", headers={"X-CSRFToken": secret}
    )
    assert answer.status_code == 201


def test_the_session_of_a_disabled_person_is_worth_nothing(browser: Any) -> None:
    from datetime import UTC, datetime

    from lampas.store.models import Person

    Person.objects.update(disabled=datetime.now(UTC))
    assert browser.get("/api/v1/me").status_code == 401


def test_static_files_are_sent_with_a_validator_and_never_from_elsewhere(tables: Any) -> None:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    assert client.get("/static/none.css").status_code == 404
    for path in ("/static/../settings.py", "/static/%2e%2e/%2e%2e/server/settings.py", "/static//etc/passwd"):
        assert client.get(path).status_code in (400, 404)
