"""MariaDB is killed in the middle of a push: nothing half is published, nothing acknowledged is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import MySQLdb
import pytest

from engines.git import Served, commit, git, ok, stored_refs
from engines.mariadb import MariaDB


@pytest.fixture
def durable(mariadb: MariaDB) -> Iterator[MariaDB]:
    """The database as on a node: what is committed survives kill -9. Alive again after the test."""
    _every_commit_to_disk(mariadb)
    yield mariadb
    from django.db import connection

    connection.close()


def _every_commit_to_disk(mariadb: MariaDB) -> None:
    mariadb.sql("SET GLOBAL innodb_flush_log_at_trx_commit=1; SET GLOBAL sync_binlog=1")


def _restart(mariadb: MariaDB) -> None:
    from django.db import connection

    mariadb.kill()
    connection.close()
    mariadb.start()
    _every_commit_to_disk(mariadb)


def _wait_until_blocked(mariadb: MariaDB, what: str) -> None:
    for _ in range(400):
        if f"%{what}%" in mariadb.sql(
            f"SELECT '%{what}%' FROM information_schema.processlist"
            f" WHERE info LIKE '%{what}%' AND info NOT LIKE '%processlist%'"
        ):
            return
        time.sleep(0.025)
    raise AssertionError(f"nothing waits in {what!r}")


@pytest.mark.parametrize(
    ("lock", "waits"),
    [
        ("LOCK TABLES lampas_packchunk WRITE", "INSERT INTO `lampas_pack`"),
        ("SELECT id FROM lampas_repository FOR UPDATE", "FOR UPDATE"),
        ("SELECT * FROM lampas_ref WHERE name='refs/heads/main' FOR UPDATE", "UPDATE `lampas_ref`"),
    ],
    ids=["while packs are stored", "before the refs move", "while the refs move"],
)
def test_nothing_is_half_published_and_the_next_push_succeeds(
    shop: Served, work: Path, durable: MariaDB, tmp_path: Path, lock: str, waits: str
) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main")
    before = stored_refs()
    head = commit(work, {"more": "more\n"})
    with (
        closing(MySQLdb.connect(unix_socket=str(durable.socket), user="root", db="lampas")) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.query("SET autocommit=0")
        other.query(lock)
        other.store_result()
        pushed = pool.submit(git, work, "push", shop.url("shop"), "main")
        _wait_until_blocked(durable, waits)
        _restart(durable)
        done = pushed.result(timeout=60)
    assert not done.ok
    assert "database" in done.err, done.err
    assert stored_refs() == before
    ok(work, "push", "-q", shop.url("shop"), "main")
    assert stored_refs() == {"refs/heads/main": head}
    ok(tmp_path, "clone", "-q", shop.url("shop"), "copy")
    ok(tmp_path / "copy", "fsck", "--full")


def test_what_was_acknowledged_survives(shop: Served, work: Path, durable: MariaDB, tmp_path: Path) -> None:
    import shutil

    for number in range(3):
        head = commit(work, {"file": f"{number}"})
        ok(work, "push", "-q", shop.url("shop"), "main")
        _restart(durable)
        shutil.rmtree(shop.cache)
        ok(tmp_path, "clone", "-q", shop.url("shop"), f"copy{number}")
        assert ok(tmp_path / f"copy{number}", "rev-parse", "HEAD") == head


def test_without_a_database_git_is_told_so(shop: Served, work: Path, durable: MariaDB) -> None:
    from django.db import connection

    durable.kill()
    connection.close()
    try:
        done = git(work, "push", shop.url("shop"), "main")
    finally:
        durable.start()
    assert not done.ok
    assert "the database does not answer" in done.err
