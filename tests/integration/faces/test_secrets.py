"""Secrets at the API and the command line: they go in, and only their names come out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engines.api import ApiClient
from engines.commandline import CommandLine

CANARY = "canary-f3a9c1d2-value"


@pytest.fixture
def shop(admin: ApiClient) -> ApiClient:
    """An administrator where the application `shop` is defined."""
    from django.conf import settings

    from lampas.git import cluster
    from lampas.git.writer import GitWriter

    cluster.ensure(GitWriter(settings.CONFIGURATION))
    admin.post("/repositories", {"name": "shop"})
    change = {"message": "begin", "changes": {"shop.py": {"text": "app = None\n"}}}
    admin.post("/repositories/shop/commits", change)
    assert admin.post("/applications", {"name": "shop", "repository": "shop", "entry": "shop:app"}).status == 201
    return admin


@pytest.fixture
def lampas(shop: ApiClient, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    """The command line of that administrator."""
    monkeypatch.setenv("LAMPAS_URL", server)
    monkeypatch.setenv("LAMPAS_TOKEN", shop.token)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("LAMPAS_HOME", raising=False)
    return CommandLine()


def opened(name: str) -> str:
    from lampas.core.names import AppName
    from lampas.store import secrets

    return secrets.opened([AppName("shop")])["shop"][name]


def test_a_secret_is_set_from_stdin_listed_by_name_and_taken_away(lampas: CommandLine) -> None:
    done = lampas("secret", "set", "shop", "TOKEN", stdin=f"{CANARY}\n".encode())
    assert (done.status, done.err) == (0, "")
    assert "TOKEN is set" in done.out
    assert opened("TOKEN") == CANARY
    (row,) = lampas.json("secret", "list", "shop")["secrets"]
    assert (row["name"], row["actor"], row["hides_setting"]) == ("TOKEN", "ada", False)
    assert row["since"]
    assert lampas.json("secret", "unset", "shop", "TOKEN")["name"] == "TOKEN"
    assert lampas.json("secret", "list", "shop")["secrets"] == []
    assert lampas("secret", "unset", "shop", "TOKEN").status == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("line\n", "line"),
        ("no break", "no break"),
        ("two\nlines\n", "two\nlines\n"),
        ("\n\n", "\n\n"),
        ("ä €\t'\"\\$(id)", "ä €\t'\"\\$(id)"),
        ("x" * 65536, "x" * 65536),
    ],
)
def test_values_are_kept_to_the_byte_but_for_the_break_after_a_single_line(
    lampas: CommandLine, given: str, kept: str
) -> None:
    assert lampas("secret", "set", "shop", "VALUE", stdin=given.encode()).status == 0
    assert opened("VALUE") == kept


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("TOKEN", "", "empty"),
        ("TOKEN", "x\0y", "NUL"),
        ("TOKEN", "x" * 65537, "at most 65536"),
        ("TO-KEN", "x", "no name of an environment variable"),
        ("LAMPAS_APP", "x", "set by LAMPAS"),
        ("HOME", "x", "set by LAMPAS"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_and_not_quoted(shop: ApiClient, name: str, value: str, word: str) -> None:
    answer = shop.ask("PUT", f"/applications/shop/secrets/{name}", {"value": value})
    assert answer.status == 422
    assert word in answer.body["detail"]
    assert "xxxx" not in json.dumps(answer.body)


def test_a_value_of_the_wrong_type_is_not_quoted(shop: ApiClient) -> None:
    for body in ({"value": [CANARY]}, {"valeu": CANARY}, CANARY, None):
        answer = shop.ask("PUT", "/applications/shop/secrets/TOKEN", body)
        assert answer.status == 422
        assert CANARY not in json.dumps(answer.body)


def test_bytes_that_are_no_text_are_refused(lampas: CommandLine) -> None:
    done = lampas("secret", "set", "shop", "TOKEN", stdin=b"\xff\xfe")
    assert done.status == 1
    assert "UTF-8" in done.err


def test_all_secrets_together_fit_into_a_process(shop: ApiClient) -> None:
    answers = [shop.ask("PUT", f"/applications/shop/secrets/S{n}", {"value": "x" * 65000}).status for n in range(9)]
    assert answers == [200] * 8 + [409]
    assert shop.ask("PUT", "/applications/shop/secrets/S3", {"value": "y" * 65000}).status == 200


def test_an_application_that_is_not_there_has_no_secrets(shop: ApiClient) -> None:
    assert shop.ask("PUT", "/applications/nowhere/secrets/TOKEN", {"value": CANARY}).status == 404
    assert shop.ask("DELETE", "/applications/shop/secrets/TOKEN").status == 404


def test_a_secret_hides_a_setting_of_the_same_name_and_says_so(shop: ApiClient) -> None:
    shop.ask("PATCH", "/applications/shop/env", {"set": {"MODE": "plain"}, "unset": []})
    assert shop.ask("PUT", "/applications/shop/secrets/MODE", {"value": CANARY}).body["hides_setting"] is True
    assert shop.ask("PUT", "/applications/shop/secrets/OTHER", {"value": CANARY}).body["hides_setting"] is False


def test_access_to_an_own_database_cannot_be_set_and_to_another_one_can(shop: ApiClient) -> None:
    body = {"name": "wiki", "repository": "shop", "entry": "wiki:app", "database": "own"}
    assert shop.post("/applications", body).status == 201
    refused = shop.ask("PUT", "/applications/wiki/secrets/DATABASE_URL", {"value": CANARY})
    assert refused.status == 422
    assert "own database" in refused.body["detail"]
    assert shop.ask("PUT", "/applications/shop/secrets/DATABASE_URL", {"value": CANARY}).status == 200


def test_no_row_of_the_database_and_no_object_shows_a_value(shop: ApiClient) -> None:
    from django.db import connection

    from lampas.actions.set_secret import SetSecret
    from lampas.core.names import AppName

    assert shop.ask("PUT", "/applications/shop/secrets/TOKEN", {"value": CANARY}).status == 200
    assert CANARY not in repr(SetSecret(AppName("shop"), "TOKEN", CANARY))
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM `{table}`")
            rows: Any = cursor.fetchall()
            assert CANARY not in repr(rows), table
    (row,) = [each for each in shop.get("/audit").body["audit"] if each["action"] == "secret.set"]
    assert row["detail"] == {"secret": "TOKEN"}


def test_a_value_that_was_moved_to_another_row_does_not_open(shop: ApiClient) -> None:
    from lampas.store.models import SecretRow
    from lampas.vault import NotOpened

    shop.ask("PUT", "/applications/shop/secrets/ONE", {"value": "one"})
    shop.ask("PUT", "/applications/shop/secrets/TWO", {"value": "two"})
    SecretRow.objects.filter(name="TWO").update(sealed=SecretRow.objects.get(name="ONE").sealed)
    with pytest.raises(NotOpened):
        opened("ONE")
