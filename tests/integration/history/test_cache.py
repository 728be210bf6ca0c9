"""The cache on disk may vanish at any moment; what is in MariaDB brings it back, equal."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.git import Served, commit, git, ok, stored_refs


def objects(repository: Path) -> list[str]:
    """All objects of a repository, with kind and size, sorted."""
    return sorted(ok(repository, "cat-file", "--batch-all-objects", "--batch-check").splitlines())


@pytest.fixture
def history(shop: Served, work: Path) -> str:
    """Four pushes of one commit each to main, and a tag. Returns the head."""
    for number in range(4):
        head = commit(work, {f"file{number}": f"{number}\n" * 50})
        ok(work, "push", "-q", shop.url("shop"), "main")
    ok(work, "tag", "-a", "v1", "-m", "one")
    ok(work, "push", "-q", shop.url("shop"), "v1")
    return head


def test_a_deleted_cache_is_made_anew_and_equal(shop: Served, work: Path, history: str) -> None:
    cache = shop.cache / "shop.git"
    before, refs = objects(cache), ok(cache, "show-ref")
    shutil.rmtree(shop.cache)
    assert ok(work, "ls-remote", shop.url("shop"), "main").startswith(history)
    assert objects(cache) == before == objects(work / ".git")
    assert ok(cache, "show-ref") == refs
    ok(cache, "fsck", "--full", "--strict")


@pytest.mark.parametrize("lost", ["packed-refs", "HEAD", "config", "lampas.json", "objects", "refs", "*.pack", "*.idx"])
def test_a_cache_that_lost_a_part_is_completed(
    shop: Served, work: Path, history: str, tmp_path: Path, lost: str
) -> None:
    cache = shop.cache / "shop.git"
    for path in [*(cache / "objects/pack").glob(lost)][:3] if lost.startswith("*") else [cache / lost]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    ok(tmp_path, "clone", "-q", "--bare", shop.url("shop"), "copy")
    assert ok(tmp_path / "copy", "rev-parse", "main") == history
    ok(cache, "fsck", "--full")


def test_a_pack_that_was_cut_short_is_replaced(shop: Served, work: Path, history: str, tmp_path: Path) -> None:
    pack = max((shop.cache / "shop.git/objects/pack").glob("*.pack"), key=lambda path: path.stat().st_size)
    pack.chmod(0o644)
    os.truncate(pack, 20)
    ok(tmp_path, "clone", "-q", shop.url("shop"), "copy")
    assert ok(tmp_path / "copy", "rev-parse", "HEAD") == history


def test_a_cache_of_another_boot_is_not_trusted(shop: Served, work: Path, history: str) -> None:
    stand = shop.cache / "shop.git" / "lampas.json"
    inode = (shop.cache / "shop.git").stat().st_ino
    stand.write_text(stand.read_text().replace('"boot": "', '"boot": "another'))
    assert ok(work, "ls-remote", shop.url("shop"), "main").startswith(history)
    assert (shop.cache / "shop.git").stat().st_ino != inode


def test_a_repository_made_anew_under_an_old_name_has_none_of_the_old(shop: Served, work: Path, history: str) -> None:
    from lampas.core.names import RepositoryName
    from lampas.store import history as store
    from lampas.store.models import Repository

    Repository.objects.filter(name="shop").delete()
    store.create(RepositoryName("shop"))
    assert ok(work, "ls-remote", shop.url("shop")) == ""
    assert ok(shop.cache / "shop.git", "count-objects", "-v").splitlines()[3] == "packs: 0"


@pytest.fixture
def vandal(shop: Served) -> Iterator[list[int]]:
    """Deletes the caches over and over while the test runs; the list says how often it did."""
    ended = threading.Event()
    count = [0]

    def run() -> None:
        while not ended.wait(0.03):
            shutil.rmtree(shop.cache, ignore_errors=True)
            count[0] += 1

    thread = threading.Thread(target=run)
    thread.start()
    yield count
    ended.set()
    thread.join()


def test_clones_and_pushes_go_on_while_the_cache_is_deleted_over_and_over(
    shop: Served, work: Path, history: str, tmp_path: Path, vandal: list[int]
) -> None:
    for number in range(8):
        head = commit(work, {f"more{number}": f"{number}"})
        ok(work, "push", "-q", shop.url("shop"), "main")
        ok(tmp_path, "clone", "-q", shop.url("shop"), f"copy{number}")
        assert ok(tmp_path / f"copy{number}", "rev-parse", "HEAD") == head
    assert vandal[0] > 0


def test_what_was_never_published_is_not_in_the_cache(shop: Served, work: Path, history: str) -> None:
    """A refused push leaves no object behind, on which a later push could lean."""
    blob = ok(work, "hash-object", "-w", "--stdin", data=b"alone")
    head = commit(work, {"secret": "never published\n"})
    done = git(work, "push", shop.url("shop"), "main:refs/meta/x")
    assert not done.ok
    shown = ok(shop.cache / "shop.git", "cat-file", "--batch-all-objects", "--batch-check")
    assert head not in shown
    assert blob not in shown


def test_no_view_outlives_its_request(shop: Served, work: Path, history: str) -> None:
    assert list((shop.directory / "tmp").glob("view-*")) == []


def test_views_of_dead_processes_are_swept(shop: Served) -> None:
    from django.conf import settings

    from lampas.git import views

    dead = shop.directory / "tmp" / "view-999999999-abc"
    alive = shop.directory / "tmp" / f"view-{os.getpid()}-abc"
    dead.mkdir()
    alive.mkdir()
    assert views.sweep(settings.CONFIGURATION) == 1
    assert (dead.exists(), alive.exists()) == (False, True)
    alive.rmdir()


def test_a_repository_restored_from_the_database_alone_serves(shop: Served, work: Path, history: str) -> None:
    refs = stored_refs()
    shutil.rmtree(shop.cache)
    assert {
        line.split()[1]: line.split()[0] for line in ok(work, "ls-remote", shop.url("shop")).splitlines()
    }.items() >= (refs.items())
