"""Setup hooks as they stand, under a lock; what verifications remember of them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lampas.core.names import AppName
from lampas.errors import Conflict

SHOP, BLOG = AppName("shop"), AppName("blog")


def test_setup_hooks_stand_apart_for_each_tree_and_database(tables: Path) -> None:
    from lampas.store import setups
    from lampas.store.setups import Work

    work = Work(SHOP, "k" * 64, "app_shop 1")
    setups.write(work, 1, "running", "ada")
    found = setups.find(work)
    assert found is not None
    assert (found.state, found.ended, found.number) == ("running", None, 1)
    setups.write(work, 2, "done", "ada", "all is well")
    found = setups.find(work)
    assert found is not None
    assert (found.state, found.log, found.number) == ("done", "all is well", 2)
    assert found.ended is not None
    for other in (Work(SHOP, "l" * 64, "app_shop 1"), Work(SHOP, "k" * 64, "app_shop 2"), Work(BLOG, "k" * 64, "")):
        assert setups.find(other) is None


def test_one_sets_an_application_up_at_a_time_and_a_lost_connection_lets_go(
    tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    from lampas.store import setups

    monkeypatch.setattr(setups, "_PATIENCE", 0)
    refused: list[str] = []

    def elsewhere() -> None:
        try:
            with setups.lock(SHOP):
                refused.append("nobody refused it")
        except Conflict as error:
            refused.append(error.message)
        finally:
            connection.close()

    with setups.lock(SHOP):
        assert setups.is_locked(SHOP)
        assert not setups.is_locked(BLOG)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(30)
        assert refused == ["the setup hooks of shop run already"]
        connection.close()
        assert not setups.is_locked(SHOP)
    assert not setups.is_locked(SHOP)


def test_what_is_gone_is_set_up_anew(tables: Path) -> None:
    from lampas.store import setups
    from lampas.store.setups import Work

    setups.write(Work(SHOP, "k" * 64, ""), 1, "done", "ada")
    setups.write(Work(BLOG, "k" * 64, ""), 1, "done", "ada")
    setups.forget(SHOP)
    assert setups.find(Work(SHOP, "k" * 64, "")) is None
    assert setups.find(Work(BLOG, "k" * 64, "")) is not None


def test_verifications_remember_the_newest_runs_of_an_application(tables: Path) -> None:
    from lampas.store import proofs
    from lampas.store.models import SetupProof
    from lampas.store.proofs import Remembered

    for number in range(30):
        proofs.save(SHOP, f"scope {number % 2}", Remembered({"a": str(number)}, "d" * 64, "said"))
    assert SetupProof.objects.count() == 20
    assert [run.saw["a"] for run in proofs.alike("scope 1")] == ["29", "27", "25", "23", "21"]
