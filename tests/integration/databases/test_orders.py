"""Databases of applications, from the console's rows to a real MariaDB by way of a real Management Interface."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import MySQLdb
import pytest

from engines.databases import HomeDatabase
from engines.interface import Interface
from lampas.core.names import AppName
from lampas.core.nodestate import DatabaseOrder
from lampas.errors import Conflict, Failed, LampasError

SHOP = AppName("web-shop")


def _enter(node: HomeDatabase, env: dict[str, str]) -> MySQLdb.Connection:
    """A connection as an application makes it from its environment."""
    assert (env["DB_HOST"], env["DB_PORT"]) == ("127.0.0.1", str(node.port))
    return node.connect(env["DB_USER"], env["DB_PASSWORD"], env["DB_NAME"])


def test_an_application_finds_its_database_in_its_environment(node: HomeDatabase) -> None:
    from lampas.dispatch import databases

    assert databases.environment(SHOP) == {}
    databases.ensure(SHOP)
    env = databases.environment(SHOP)
    assert set(env) == {"DATABASE_URL", "DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"}
    _enter(node, env).close()
    url = urlsplit(env["DATABASE_URL"])
    assert (url.scheme, url.hostname, url.port, url.path) == ("mysql", "127.0.0.1", node.port, "/app_web_shop")
    assert node.opens(unquote(url.username or ""), unquote(url.password or ""), env["DB_NAME"])
    databases.ensure(SHOP)
    assert databases.environment(SHOP) == env


def test_a_password_stands_in_no_table_no_binary_log_and_no_journal(
    node: HomeDatabase, home: tuple[Interface, HomeDatabase]
) -> None:
    from django.db import connection

    from lampas.dispatch import databases

    databases.ensure(SHOP)
    with databases.scratch(SHOP) as scratch:
        canaries = [env["DB_PASSWORD"].encode() for env in (databases.environment(SHOP), scratch)]
        assert len(set(canaries)) == 2
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM lampas_appdatabase")
            row = repr(cursor.fetchall()).encode()
        assert not any(canary in row for canary in canaries)
        node.sql("FLUSH TABLES; FLUSH BINARY LOGS")
        for file in home[0].home.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert not any(canary in content for canary in canaries), file


def test_a_scratch_database_is_gone_when_its_verification_is_over(node: HomeDatabase) -> None:
    from lampas.dispatch import databases

    databases.ensure(SHOP)
    with _enter(node, databases.environment(SHOP)) as live:
        live.cursor().execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        live.cursor().execute("CREATE TABLE people (name VARCHAR(20))")
        live.cursor().execute("CREATE TABLE countries (name VARCHAR(20))")
        for table in ("alembic_version", "people", "countries"):
            live.cursor().execute(f"INSERT INTO {table} VALUES ('x')")
        live.commit()
    with databases.scratch(SHOP, ["countries"]) as env:
        with _enter(node, env) as other:
            cursor, counts = other.cursor(), {}
            for table in ("alembic_version", "people", "countries"):
                cursor.execute(f"SELECT COUNT(*) FROM {table}")
                counts[table] = cursor.fetchone()[0]
        assert counts == {"alembic_version": 1, "people": 0, "countries": 1}
    assert not node.opens(env["DB_USER"], env["DB_PASSWORD"])
    assert node.sql(r"SHOW DATABASES LIKE 'lampas\_scratch%'") == []
    with pytest.raises(ZeroDivisionError), databases.scratch(SHOP):
        _ = 1 / 0
    assert node.sql(r"SHOW DATABASES LIKE 'lampas\_scratch%'") == []


def test_somebody_elses_database_is_left_alone_and_named(node: HomeDatabase) -> None:
    from lampas.dispatch import databases
    from lampas.store.models import AppDatabase

    node.sql("CREATE DATABASE app_web_shop")
    with pytest.raises(Conflict, match="app_web_shop that LAMPAS did not make"):
        databases.ensure(SHOP)
    assert not AppDatabase.objects.exists()
    assert node.sql("SHOW DATABASES LIKE 'app_web_shop'")


def test_a_kept_database_is_not_taken_over_unasked(node: HomeDatabase) -> None:
    from lampas.dispatch import databases

    databases.ensure(SHOP)
    before = databases.identity(SHOP)
    assert databases.detach(SHOP)
    with pytest.raises(Conflict, match="kept"):
        databases.ensure(SHOP)
    databases.drop(SHOP)
    databases.ensure(SHOP)
    assert databases.identity(SHOP) not in ("", before)


def test_what_mariadb_lost_is_not_made_again_in_silence(node: HomeDatabase) -> None:
    from lampas.dispatch import databases

    row = databases.ensure(SHOP)
    node.sql("DROP DATABASE app_web_shop")
    with pytest.raises(Conflict, match="is gone from MariaDB"):
        databases._make(row, fresh=False)
    databases.drop(SHOP)
    databases.ensure(SHOP)
    assert node.sql("SHOW DATABASES LIKE 'app_web_shop'")


def test_after_a_restore_the_accounts_are_made_again(node: HomeDatabase) -> None:
    from lampas.dispatch import databases

    databases.ensure(SHOP)
    env = databases.environment(SHOP)
    node.sql("DROP USER app_web_shop@localhost; DROP USER app_web_shop@127.0.0.1")
    databases.ensure_all()
    _enter(node, env).close()


def test_mariadb_killed_in_the_middle_leaves_what_the_next_call_completes(node: HomeDatabase) -> None:
    from lampas.dispatch import databases
    from lampas.store.models import AppDatabase

    node.kill()
    try:
        for verb in (databases.ensure, databases.drop):
            with pytest.raises(Failed, match="MariaDB"):
                verb(SHOP)
            assert AppDatabase.objects.get(application=SHOP).state == "making"
        assert databases.measured() == {}
        with pytest.raises(LampasError), databases.scratch(SHOP):
            pass
    finally:
        node.start()
    databases.ensure(SHOP)
    _enter(node, databases.environment(SHOP)).close()
    databases.drop(SHOP)
    assert node.sql("SHOW DATABASES LIKE 'app_web_shop'") == []


def _order(**changes: Any) -> DatabaseOrder:
    values = {"node": "here", "expires": int(time.time()) + 60, "nonce": "0123456789abcdef", "verb": "measure"}
    return DatabaseOrder(**{**values, **changes})


def test_an_order_counts_once_here_and_now(node: HomeDatabase, home: tuple[Interface, HomeDatabase]) -> None:
    console = home[0].console
    fresh = _order(nonce="f" * 16)
    assert console.database(fresh) == {"databases": {}}
    bad: list[dict[str, Any]] = [{"node": "there"}, {"expires": 1}, {"verb": "sql"}, {"nonce": ""}]
    for refused in (fresh, *(_order(**{"nonce": "d" * 16, **changes}) for changes in bad)):
        with pytest.raises(LampasError):
            console.database(refused)
    unsigned = console._http.post("/v1/database", content=_order(nonce="e" * 16).encode())
    assert unsigned.status_code == 403


def test_the_order_is_described_as_it_is() -> None:
    order = _order(proofs=("*AB",), keep=("t",))
    assert DatabaseOrder.decode(order.encode()) == order
    text = (Path(__file__).resolve().parents[3] / "docs/formats/nodestate.md").read_text()
    assert all(re.search(rf"`{key}`", text) for key in json.loads(order.encode()))
