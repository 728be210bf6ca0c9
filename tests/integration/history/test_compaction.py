"""Compaction: fewer packs, the same history, whatever happens in between."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engines.git import Served, commit, ok, stored_refs
from lampas.core.names import RepositoryName

SHOP = RepositoryName("shop")
PUSHES = 6


@pytest.fixture
def many(shop: Served, work: Path) -> str:
    """A repository of many small packs. Returns its head."""
    for number in range(PUSHES):
        head = commit(work, {f"file{number}": f"{number}\n" * 20})
        ok(work, "push", "-q", shop.url("shop"), "main")
    return head


def compact() -> bool:
    from django.conf import settings

    from lampas.git import compaction

    return compaction.compact(settings.CONFIGURATION, SHOP)


def packs() -> int:
    from lampas.store import history, history_packs

    return len(history_packs.published(history.stand(SHOP).id))


def clone_is_whole(shop: Served, head: str, where: Path) -> None:
    """A clone from a cache made anew has all of the history."""
    shutil.rmtree(shop.cache)
    ok(where.parent, "clone", "-q", "--bare", shop.url("shop"), where.name)
    assert ok(where, "rev-parse", "main") == head
    assert ok(where, "rev-list", "--count", "main") == str(PUSHES + 1)
    ok(where, "fsck", "--full")


def collect_all() -> int:
    from lampas.store import history_packs

    return history_packs.collect(timedelta(seconds=-1))


def test_many_packs_become_few_and_nothing_is_lost(shop: Served, many: str, tmp_path: Path) -> None:
    assert packs() == PUSHES
    before = sorted(ok(shop.cache / "shop.git", "cat-file", "--batch-all-objects", "--batch-check").splitlines())
    assert compact()
    assert packs() < 4
    assert collect_all() == PUSHES
    clone_is_whole(shop, many, tmp_path / "copy")
    assert before == sorted(
        ok(shop.cache / "shop.git", "cat-file", "--batch-all-objects", "--batch-check").splitlines()
    )
    assert not compact()


def test_pushes_after_a_compaction_build_on_it(shop: Served, work: Path, many: str, tmp_path: Path) -> None:
    compact()
    commit(work, {"more": "more"})
    ok(work, "push", "-q", shop.url("shop"), "main")
    collect_all()
    shutil.rmtree(shop.cache)
    ok(tmp_path, "clone", "-q", shop.url("shop"), "copy")
    assert (tmp_path / "copy" / "more").read_text() == "more"


def test_clones_go_on_while_packs_are_merged_and_deleted(shop: Served, work: Path, many: str, tmp_path: Path) -> None:
    ended = threading.Event()
    heads = [many]

    def clone() -> int:
        number = 0
        while not ended.is_set() or number == 0:
            ok(tmp_path, "clone", "-q", "--bare", shop.url("shop"), f"copy{number}")
            assert ok(tmp_path / f"copy{number}", "rev-parse", "main") in heads
            number += 1
        return number

    with ThreadPoolExecutor(1) as pool:
        clones = pool.submit(clone)
        try:
            for number in range(4):
                heads.append(commit(work, {f"later{number}": "x"}))
                ok(work, "push", "-q", shop.url("shop"), "main")
                compact()
                collect_all()
        finally:
            ended.set()
        assert clones.result(timeout=60) > 0


@pytest.mark.parametrize(
    ("module", "function"),
    [("lampas.store.history_packs", "stage"), ("lampas.store.history_packs", "supersede"), ("cache", "ensure")],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_any_two_steps_nothing_is_lost(
    shop: Served,
    many: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    function: str,
    when: str,
) -> None:
    class Killed(BaseException):
        """Stands for the end of the process: nothing catches it."""

    owner: Any = _cache() if module == "cache" else __import__(module, fromlist=["x"])
    real: Callable[..., Any] = getattr(owner, function)

    def killed(*args: Any, **named: Any) -> Any:
        if module == "cache" and not named:  # the view's own call; the one that counts comes with a hint
            return real(*args, **named)
        if when == "after":
            real(*args, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, function, killed)
        with pytest.raises(Killed):
            compact()
    clone_is_whole(shop, many, tmp_path / "one")
    compact()
    collect_all()
    clone_is_whole(shop, many, tmp_path / "two")
    assert packs() < 4


def _cache() -> Any:
    from lampas.git.cache import Cache

    return Cache


def test_what_was_staged_and_never_published_is_collected_after_the_grace_period(shop: Served, many: str) -> None:
    from lampas.store import history, history_packs
    from lampas.store.models import Pack, PackChunk

    pack = next((shop.cache / "shop.git/objects/pack").glob("*.pack"))
    other = history.create(RepositoryName("other"))
    name = history_packs.stage(other.id, history_packs.at(pack))
    assert history_packs.collect() == 0
    Pack.objects.filter(repository=other.id).update(created=datetime.now(UTC) - timedelta(hours=7))
    assert history_packs.collect() == 1
    assert not Pack.objects.filter(repository=other.id).exists()
    assert PackChunk.objects.filter(pack__name=name).exists()  # shop's own are still there
    assert packs() == PUSHES


def test_a_pack_that_is_staged_again_is_stored_once_and_protected(shop: Served, many: str) -> None:
    from lampas.store import history, history_packs
    from lampas.store.models import Pack

    pack = history_packs.at(next((shop.cache / "shop.git/objects/pack").glob("*.pack")))
    other = history.create(RepositoryName("other"))
    history_packs.stage(other.id, pack)
    Pack.objects.filter(repository=other.id).update(created=datetime.now(UTC) - timedelta(hours=7))
    history_packs.stage(other.id, pack)
    assert Pack.objects.filter(repository=other.id).count() == 1
    assert history_packs.collect() == 0


def test_refs_are_not_moved_to_packs_that_were_collected(shop: Served, many: str) -> None:
    from lampas.core.history.values import RefUpdate
    from lampas.core.names import Oid
    from lampas.errors import Conflict
    from lampas.store import history

    before = stored_refs()
    with pytest.raises(Conflict, match="were collected before it ended"):
        history.publish(SHOP, ["0" * 40], [RefUpdate("refs/heads/x", None, Oid(many))])
    assert stored_refs() == before


def test_the_worker_compacts_what_is_worth_it_and_walks_large_histories_by_index(
    shop: Served, work: Path, many: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from django.conf import settings

    from lampas.git import compaction

    assert compaction.run_due(settings.CONFIGURATION) == 0
    monkeypatch.setattr(compaction, "WORTH", PUSHES)
    monkeypatch.setattr(compaction, "LARGE", 10)
    assert compaction.run_due(settings.CONFIGURATION) == 1
    assert (shop.cache / "shop.git/objects/info/commit-graph").exists()
    ok(tmp_path, "clone", "-q", "--bare", shop.url("shop"), "copy")
    assert ok(tmp_path / "copy", "rev-parse", "main") == many
    commit(work, {"after": "x"})
    ok(work, "push", "-q", shop.url("shop"), "main")
    ok(work, "fetch", "-q", shop.url("shop"), "main")
