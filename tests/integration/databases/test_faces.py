"""What persons do with databases, over the API: look, enter, leave, adopt, drop; each with its permission and audit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import MySQLdb
import pytest

from engines import facts
from engines.api import ApiClient
from engines.databases import HomeDatabase
from lampas.core.names import AppName
from lampas.errors import Conflict, LampasError, NotFound

SHOP = AppName("shop")


@pytest.fixture
def dba(somebody: Callable[..., ApiClient], node: HomeDatabase) -> ApiClient:
    """A client of a DBA, with an application that has a database."""
    from lampas.dispatch import databases

    facts.application("shop", "verified")
    databases.ensure(SHOP)
    return somebody("ada", "dba")


def _carry_out(answer: Any) -> dict[str, Any]:
    """What the worker does with an operation."""
    from lampas.server import handlers
    from lampas.store import queue
    from lampas.store.models import Operation

    assert answer.status == 202, answer.body
    operation = Operation.objects.get(pk=answer.body["operation"]["id"])
    taken = queue.take((operation.kind,))
    assert taken is not None
    assert taken.pk == operation.pk
    try:
        result = handlers.SERVING[operation.kind](taken, queue.Steps(taken))
    except LampasError as error:
        queue.fail(taken, error)
        raise
    queue.succeed(taken, result)
    return result


def test_databases_are_listed_with_their_size_and_no_secret(dba: ApiClient, node: HomeDatabase) -> None:
    from lampas.dispatch import databases

    node.sql("CREATE TABLE app_shop.t (a INT)")
    rows = dba.get("/databases").body["databases"]
    assert [(row["application"], row["name"], row["state"], row["tables"]) for row in rows] == [
        ("shop", "app_shop", "ready", 1)
    ]
    assert rows[0]["bytes"] > 0
    assert dba.get("/applications/shop/database").body == rows[0]
    assert databases.environment(SHOP)["DB_PASSWORD"] not in str(rows)
    assert dba.get("/applications/blog/database").status == 404
    node.kill()
    try:
        assert dba.get("/databases").body["databases"][0]["bytes"] is None
    finally:
        node.start()


def test_a_list_shows_what_its_reader_may_view(dba: ApiClient, somebody: Callable[..., ApiClient]) -> None:
    assert somebody("bob", "viewer@blog").get("/databases").body["databases"] == []
    assert len(somebody("eve", "viewer@shop").get("/databases").body["databases"]) == 1


def test_a_dba_enters_by_an_account_of_their_own_that_ends(dba: ApiClient, node: HomeDatabase) -> None:
    from lampas.dispatch import databases
    from lampas.store.models import DatabaseAccount

    made = dba.post("/applications/shop/database/accounts", {"minutes": 5}).body
    assert made["account"].startswith("person_ada_")
    assert (made["host"], made["port"], made["database"]) == ("127.0.0.1", node.port, "app_shop")
    held = node.connect(made["account"], made["password"], "app_shop")
    held.cursor().execute("CREATE TABLE hers (a INT)")
    assert [row["person"] for row in dba.get("/applications/shop/database").body["accounts"]] == ["ada"]
    audit = [(row.actor, row.detail) for row in _audit("database.enter")]
    assert audit == [("ada", {"minutes": 5, "read_only": False, "lot": made["account"][-8:]})]
    assert not DatabaseAccount.objects.filter(account__contains=made["password"]).exists()
    assert dba.ask("DELETE", f"/applications/shop/database/accounts/{made['account']}").status == 204
    with pytest.raises(MySQLdb.Error):
        held.cursor().execute("SELECT 1")
    assert not node.opens(made["account"], made["password"])
    assert dba.ask("DELETE", f"/applications/shop/database/accounts/{made['account']}").status == 404
    again = dba.post("/applications/shop/database/accounts", {}).body
    late = datetime.now(UTC) - timedelta(seconds=1)
    DatabaseAccount.objects.filter(account=again["account"]).update(expires=late)
    databases.sweep_due()  # by the row its time is up; the node goes by the name, which holds the time that was told
    assert DatabaseAccount.objects.filter(ended=None).count() == 0


def test_read_only_is_just_that(dba: ApiClient, node: HomeDatabase) -> None:
    node.sql("CREATE TABLE app_shop.t (a INT)")
    made = dba.post("/applications/shop/database/accounts", {"read_only": True}).body
    with node.connect(made["account"], made["password"], "app_shop") as own:
        own.cursor().execute("SELECT * FROM t")
        with pytest.raises(MySQLdb.Error):
            own.cursor().execute("DROP TABLE t")


@pytest.mark.parametrize("minutes", [0, -1, 721])
def test_an_account_lasts_no_longer_than_a_working_day(dba: ApiClient, minutes: int) -> None:
    answer = dba.post("/applications/shop/database/accounts", {"minutes": minutes})
    assert (answer.status, answer.body["code"]) == (422, "invalid-input")


@pytest.mark.parametrize("grant", ["developer", "operator", "viewer", "dba@blog"])
def test_who_is_no_dba_of_it_does_not_enter_and_the_attempt_is_kept(
    dba: ApiClient, somebody: Callable[..., ApiClient], grant: str
) -> None:
    client = somebody("bob", grant)
    for path in ("accounts", "rotate", "adopt"):
        assert client.post(f"/applications/shop/database/{path}", {}).status == 403
    assert client.ask("DELETE", "/applications/shop/database", {"confirm": "shop"}).status == 403
    assert {row.outcome for row in _audit("database.enter")} == {"denied"}


def test_a_deleted_applications_database_is_kept_until_it_is_adopted_or_dropped(
    dba: ApiClient, node: HomeDatabase
) -> None:
    from lampas.dispatch import databases

    node.sql("CREATE TABLE app_shop.t (a INT)")
    databases.detach(SHOP)
    assert dba.get("/applications/shop/database").body["state"] == "kept"
    with pytest.raises(Conflict, match="is kept"):
        databases.ensure(SHOP)
    assert dba.post("/applications/shop/database/adopt", {}).status == 204
    assert dba.post("/applications/shop/database/adopt", {}).status == 409
    databases.ensure(SHOP)
    assert node.sql("SHOW TABLES IN app_shop") == [["t"]]
    databases.detach(SHOP)
    refused = dba.ask("DELETE", "/applications/shop/database", {"confirm": "other"})
    assert (refused.status, refused.body["code"]) == (422, "invalid-input")
    asked = dba.ask("DELETE", "/applications/shop/database", {"confirm": "shop"})
    assert _carry_out(asked) == {"name": "app_shop"}
    assert node.sql(r"SHOW DATABASES LIKE 'app\_shop'") == []
    assert dba.get("/applications/shop/database").status == 404
    with pytest.raises(NotFound):
        databases.find(SHOP)


def test_a_database_that_is_in_use_is_not_dropped(dba: ApiClient, node: HomeDatabase) -> None:
    from lampas.dispatch import wanted
    from lampas.store.models import Release

    Release.objects.update(definition={"database": "own"})
    asked = dba.ask("DELETE", "/applications/shop/database", {"confirm": "shop"})
    wanted.reserve("shop", 1)
    with pytest.raises(Conflict, match="runs with its database"):
        _carry_out(asked)
    refused = dba.ask("DELETE", "/applications/shop/database", {"confirm": "shop"})
    assert refused.status == 409
    assert node.sql(r"SHOW DATABASES LIKE 'app\_shop'")


def test_a_password_is_changed_and_the_old_one_ends(dba: ApiClient, node: HomeDatabase) -> None:
    from lampas.dispatch import databases

    before = databases.environment(SHOP)
    assert _carry_out(dba.post("/applications/shop/database/rotate", {}))["name"] == "app_shop"
    after = databases.environment(SHOP)
    assert not node.opens("app_shop", before["DB_PASSWORD"])
    assert node.opens("app_shop", after["DB_PASSWORD"])
    row = dba.get("/applications/shop/database").body
    assert row["state"] == "ready"
    assert row["rotated"]


@pytest.mark.parametrize("dies", ["databases.admit", "serving.refresh", "rotation._wait"])
def test_a_change_of_password_that_was_cut_short_goes_on_and_never_locks_out(
    dba: ApiClient, node: HomeDatabase, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    """A worker dies before or after each step; the one that takes over ends with one password, and in between that
    which units have opens the account."""
    import importlib

    from lampas.dispatch import databases

    class Died(BaseException):
        """As kill -9 would."""

    before = databases.environment(SHOP)
    asked = dba.post("/applications/shop/database/rotate", {})
    module, name = dies.split(".")
    owner = importlib.import_module(f"lampas.dispatch.{module}")
    real = getattr(owner, name)
    for behind in (False, True):

        def dying(*words: Any, behind: bool = behind) -> Any:
            if behind:
                real(*words)
            raise Died

        monkeypatch.setattr(owner, name, dying)
        with pytest.raises(Died):
            _carry_out(asked)
        monkeypatch.setattr(owner, name, real)
        assert node.opens("app_shop", before["DB_PASSWORD"])
        told = databases.environment(SHOP)["DB_PASSWORD"]
        assert node.opens("app_shop", told)
        _lease_over()
    _carry_out(asked)
    assert not node.opens("app_shop", before["DB_PASSWORD"])
    assert node.opens("app_shop", databases.environment(SHOP)["DB_PASSWORD"])


def _lease_over() -> None:
    from lampas.store import queue

    queue.release_leases()


def _audit(action: str) -> list[Any]:
    from lampas.store.models import AuditRow

    return list(AuditRow.objects.filter(action=action).order_by("pk"))
