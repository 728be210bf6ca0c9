"""People, tokens, login links and the audit, over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engines.api import ApiClient


def test_a_token_lets_its_owner_in_and_only_its_hash_is_stored(admin: ApiClient) -> None:
    from lampas.store.models import Token

    made = admin.post("/tokens", {"name": "laptop", "days": 1}).body
    assert made["token"].startswith("lampas_")
    assert ApiClient(made["token"]).get("/me").body["name"] == "ada"
    stored = [value for row in Token.objects.values() for value in row.values()]
    assert made["token"] not in map(str, stored)


def test_an_expired_token_is_refused(admin: ApiClient) -> None:
    from lampas.store.models import Token

    Token.objects.update(expires=datetime.now(UTC) - timedelta(seconds=1))
    answer = admin.get("/me")
    assert (answer.status, answer.body["code"], answer.kind) == (401, "unauthenticated", "application/problem+json")


def test_a_revoked_token_is_refused_at_once(admin: ApiClient) -> None:
    made = admin.post("/tokens", {"name": "old"}).body
    assert admin.ask("DELETE", f"/tokens/{made['id']}").status == 204
    assert ApiClient(made["token"]).get("/me").status == 401
    assert admin.ask("DELETE", f"/tokens/{made['id']}").status == 409


def test_a_disabled_person_is_refused(admin: ApiClient) -> None:
    from lampas.store.models import Person

    Person.objects.update(disabled=datetime.now(UTC))
    assert admin.get("/me").status == 401


def test_the_tokens_of_others_are_not_seen_and_not_ended(admin: ApiClient, somebody: Any) -> None:
    bob = somebody("bob", "viewer")
    ada = admin.get("/tokens").body["tokens"]
    assert {row["person"] for row in ada} == {"ada", "bob"}
    assert {row["person"] for row in bob.get("/tokens").body["tokens"]} == {"bob"}
    other = next(row["id"] for row in ada if row["person"] == "ada")
    assert bob.ask("DELETE", f"/tokens/{other}").status == 404


def test_people_are_added_and_granted(admin: ApiClient) -> None:
    assert admin.post("/users", {"name": "bob"}).status == 201
    assert admin.post("/users", {"name": "bob"}).status == 409
    assert admin.post("/users", {"name": "Bob!"}).status == 422
    granted = admin.post("/users/bob/grants", {"grant": "developer", "application": "shop"}).body
    assert granted == {"name": "bob", "grant": "developer", "application": "shop", "changed": True}
    assert admin.post("/users/bob/grants", {"grant": "developer", "application": "shop"}).body["changed"] is False
    rows = admin.get("/users").body["users"]
    assert rows[-1]["grants"] == [{"grant": "developer", "application": "shop"}]


def test_a_denied_attempt_is_in_the_audit(admin: ApiClient, somebody: Any) -> None:
    bob = somebody("bob", "viewer")
    answer = bob.post("/users", {"name": "eve"})
    assert (answer.status, answer.body["code"]) == (403, "denied")
    newest = admin.get("/audit?limit=1").body["audit"][0]
    assert (newest["actor"], newest["action"], newest["outcome"]) == ("bob", "user.add", "denied")
    assert admin.get("/audit/verdict").body == {"ok": True, "rows": 1, "broken": None}


def test_a_login_link_lets_in_once(admin: ApiClient) -> None:
    from lampas.actions.frame import perform
    from lampas.actions.redeem_login_link import RedeemLoginLink, visitor
    from lampas.store import accounts

    link = admin.post("/users/ada/login-links").body["login"]
    secret = link.rpartition("/")[2]
    assert accounts.look_at_link(secret) == "ada"
    assert perform(RedeemLoginLink("ada", secret), visitor("ada")).name == "ada"
    with pytest.raises(accounts.LinkRefused):
        perform(RedeemLoginLink("ada", secret), visitor("ada"))


def test_an_expired_login_link_is_refused(admin: ApiClient) -> None:
    from lampas.store import accounts
    from lampas.store.models import LoginLink

    secret = accounts.make_link("ada")
    LoginLink.objects.update(expires=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(accounts.LinkRefused):
        accounts.look_at_link(secret)
