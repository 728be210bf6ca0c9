"""When something is wrong around the console, its pages say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engines.mariadb import MariaDB
from integration.console import rows
from integration.console.conftest import Visit


@pytest.fixture
def without_database(mariadb: MariaDB) -> Iterator[None]:
    """The database was killed; it comes back after the test."""
    from django.db import connections

    mariadb.kill()
    connections.close_all()
    yield
    mariadb.start()


@pytest.fixture
def browser(visit: Visit) -> Any:
    """Somebody with a session."""
    rows.person("ada")
    return visit()


def test_a_dead_database_is_said_and_what_to_do(browser: Any, without_database: None) -> None:
    for path in ("/", "/code", "/apps/shop", "/audit", "/login/some-link"):
        response = browser.get(path)
        assert response.status_code == 503, path
        page = response.content.decode()
        assert "the database does not answer" in page and "lampas status" in page


def test_static_files_come_without_a_database(browser: Any, without_database: None) -> None:
    assert browser.get("/static/console/base.css").status_code == 200
    assert browser.get("/static/django_htmx/htmx-2.min.js").status_code == 200


def test_a_mistake_of_lampas_itself_has_a_page(browser: Any) -> None:
    from django.urls import get_resolver

    request = browser.get("/").wsgi_request
    response = get_resolver().resolve_error_handler(500)(request)
    assert response.status_code == 500
    assert "This is a mistake in LAMPAS" in response.content.decode()
