"""People, tokens and the audit trail in the browser."""

from __future__ import annotations

import re

import pytest

from integration.console import rows
from integration.console.conftest import Visit


@pytest.fixture
def ada(visit: Visit) -> None:
    """An administrator and a viewer."""
    rows.person("ada")
    rows.person("vera", "viewer")


def _shown(page: str, field: str) -> str:
    found = re.search(rf'id="{field}" readonly value="([^"]+)"', page)
    assert found, page
    return found[1]


def test_a_token_is_shown_once_and_works_until_it_is_revoked(visit: Visit, ada: None) -> None:
    from lampas.store import tokens
    from lampas.store.models import Token

    browser = visit("vera")
    token = _shown(browser.post("/tokens", {"label": "laptop", "days": "90"}).content.decode(), "token")
    assert token not in browser.get("/tokens").content.decode()
    found = tokens.actor_of(token)
    assert found is not None and found.name == "vera"
    browser.post("/tokens", {"revoke": str(Token.objects.get().pk)})
    assert tokens.actor_of(token) is None
    assert "revoked" in browser.get("/tokens").content.decode()


def test_nobody_revokes_the_token_of_another(visit: Visit, ada: None) -> None:
    from lampas.store import tokens
    from lampas.store.models import Token

    issued = tokens.issue("ada", "mine", None)
    response = visit("vera").post("/tokens", {"revoke": str(issued.id)})
    assert response.status_code == 422 and "no token" in response.content.decode()
    assert Token.objects.get().revoked is None
    assert "mine" not in visit("vera").get("/tokens?all=1").content.decode()
    assert "mine" in visit("ada").get("/tokens?all=1").content.decode()


def test_bad_input_for_a_token_is_explained(visit: Visit, ada: None) -> None:
    for form in (
        {"label": "", "days": "90"},
        {"label": "x", "days": "-1"},
        {"label": "x" * 65, "days": ""},
        {"revoke": "x"},
    ):
        response = visit("ada").post("/tokens", form)
        assert response.status_code == 422 and "note bad" in response.content.decode(), form


def test_a_person_is_added_granted_and_let_in(visit: Visit, ada: None) -> None:
    browser = visit("ada")
    browser.post("/people", {"do": "add", "person": "grace", "email": "grace@example.com"})
    browser.post("/people", {"do": "grant", "person": "grace", "grant": "developer", "application": "shop"})
    page = browser.get("/people").content.decode()
    assert "grace@example.com" in page and "developer on shop" in page
    link = _shown(browser.post("/people", {"do": "link", "person": "grace"}).content.decode(), "link")
    assert link not in browser.get("/people").content.decode()
    path = link.split("localhost:18081")[1]
    newcomer = visit(None)
    assert "Welcome, grace" in newcomer.get(path).content.decode()
    assert newcomer.post(path).headers["Location"] == "/"


def test_bad_input_for_a_person_is_explained(visit: Visit, ada: None) -> None:
    for form in (
        {"do": "add", "person": "ada"},
        {"do": "add", "person": "Not A Name"},
        {"do": "grant", "person": "nobody", "grant": "viewer"},
        {"do": "grant", "person": "ada", "grant": "king"},
        {"do": "link", "person": "nobody"},
        {"do": "nonsense"},
    ):
        response = visit("ada").post("/people", form)
        assert response.status_code == 422 and "note bad" in response.content.decode(), form


def test_the_audit_is_filtered_and_paged_by_its_address(visit: Visit, ada: None) -> None:
    from lampas.store import audit

    for number in range(60):
        audit.append(
            actor="ada" if number % 2 else "vera",
            door="token",
            action="repo.create",
            subject=f"repo-{number}",
            application="",
            detail={"canary": "<script>"},
            outcome="done",
        )
    browser = visit("ada")
    first = browser.get("/audit").content.decode()
    assert "repo-59" in first and "repo-5<" not in first and "<script>" not in first
    cut = browser.get("/audit?actor=vera&action=repo.create").content.decode()
    assert "repo-58" in cut and "repo-59" not in cut
    assert "No action fits" in browser.get("/audit?actor=nobody").content.decode()


def test_a_changed_row_of_the_audit_is_found(visit: Visit, ada: None) -> None:
    from lampas.store.models import AuditRow

    visit("ada").post("/tokens", {"label": "one", "days": ""})
    assert "The chain is whole" in visit("ada").get("/audit?verify=1").content.decode()
    row = AuditRow.objects.get()
    AuditRow.objects.update(actor="eve")
    assert f"Row {row.pk} does not continue the chain" in visit("ada").get("/audit?verify=1").content.decode()
