"""Pruning: what a rollback, a node or another release needs stays; what nothing needs goes, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engines import facts
from engines.api import ApiClient


@pytest.fixture
def shop(tables: Path) -> Any:
    """An application with six releases."""
    return facts.application("shop", *["verified"] * 6)


def needs(release: Any, *contents: bytes) -> list[str]:
    """Content that a release needs."""
    from lampas.store import artifacts
    from lampas.store.models import ReleaseArtifact

    names = [artifacts.put(content) for content in contents]
    for name in names:
        ReleaseArtifact.objects.create(release=release, artifact_id=name)
    return [str(name) for name in names]


def candidates(keep: int) -> list[int]:
    from lampas.core.names import AppName
    from lampas.dispatch.pruning import candidates

    return candidates(AppName("shop"), keep)


def go(*numbers: int) -> Any:
    from lampas.core.names import AppName
    from lampas.store import pruning

    return pruning.go(AppName("shop"), numbers)


def kept() -> set[str]:
    from lampas.store.models import Artifact

    return set(Artifact.objects.values_list("sha256", flat=True))


def test_what_runs_is_new_or_may_be_rolled_back_to_stays(shop: Any) -> None:
    facts.slot(shop, 1, 18201, "warm")
    facts.traffic(shop, {"2": 100})
    assert candidates(2) == [3, 4]
    assert candidates(6) == []


def test_a_rollback_finds_even_the_oldest_table_that_it_may_go_back_to(shop: Any) -> None:
    facts.traffic(shop, {"1": 100})
    for turn in range(30):
        facts.traffic(shop, {"5": 50 + turn % 2, "6": 50 - turn % 2})
    assert 1 not in candidates(1)


def test_the_newest_that_was_proven_and_what_is_asked_for_stay(shop: Any) -> None:
    from lampas.core.names import AppName
    from lampas.store import operations
    from lampas.store.models import Release

    Release.objects.filter(number__in=(5, 6)).update(state="failed")
    operations.request("deploy", AppName("shop"), {"number": 2}, "ada")
    assert candidates(1) == [1, 3, 5]


def test_only_content_that_nothing_else_needs_goes(shop: Any) -> None:
    from lampas.store.models import BuildHookRun, BuiltRow, Release, WheelRow

    blog = facts.application("blog", "verified")
    first, second = Release.objects.filter(application=shop).order_by("number")[:2]
    own, shared, wheel = needs(first, b"own", b"shared", b"wheel")
    needs(second, b"shared")
    needs(blog.releases.get(), b"other")
    for key, name in (("k1", own), ("k2", shared)):
        BuiltRow.objects.create(key=key, code=name, code_size=1)
        files = [["a", 0o444, name, 1, "", 0]]
        BuildHookRun.objects.create(key=key, application="shop", files=files, scope=key, log="", seconds=1.0)
    WheelRow.objects.create(inputs="w", name="x", version="1", filename="x", sha256=wheel, source="s", seconds=1.0)
    gone = go(1)
    assert (set(gone.content), gone.bytes) == ({own, wheel}, len(b"own") + len(b"wheel"))
    assert kept() & {own, wheel, shared} == {shared}
    assert list(BuiltRow.objects.values_list("key", flat=True)) == ["k2"]
    assert list(BuildHookRun.objects.values_list("key", flat=True)) == ["k2"]
    assert not WheelRow.objects.exists()
    assert not Release.objects.filter(application=shop, number=1).exists()


def test_a_lock_goes_with_the_last_release_that_can_have_come_from_it(shop: Any) -> None:
    from lampas.store.models import LockRow, Release

    first, second = Release.objects.filter(application=shop).order_by("number")[:2]
    old, both = needs(first, b"old wheel", b"wheel of both")
    needs(second, b"wheel of both")
    LockRow.objects.create(inputs="old", lock={"distributions": [{"sha256": old}, {"sha256": both}]})
    LockRow.objects.create(inputs="new", lock={"distributions": [{"sha256": both}]})
    assert go(1).locks == ("old",)
    assert list(LockRow.objects.values_list("inputs", flat=True)) == ["new"]
    assert kept() >= {both}
    assert old not in kept()


def test_a_wheel_that_another_lock_names_stays(shop: Any) -> None:
    from lampas.store.models import LockRow, Release

    (wheel,) = needs(Release.objects.get(application=shop, number=1), b"setuptools")
    LockRow.objects.create(inputs="i", lock={"distributions": [{"sha256": wheel}, {"sha256": "f" * 64}]})
    assert go(1).content == ()
    assert wheel in kept()


def test_a_dry_run_says_what_would_go_and_changes_nothing(shop: Any, tables: Path) -> None:
    from lampas.core.accounts import Grant
    from lampas.store import people, tokens
    from lampas.store.models import Release

    people.add("ada", "")
    people.grant("ada", Grant("administrator"), "")
    ada = ApiClient(tokens.issue("ada", "test", None).token)
    (own,) = needs(Release.objects.get(application=shop, number=1), b"own")
    found = ada.get("/applications/shop/releases/prune?keep=5").body
    assert found == {"name": "shop", "pruned": [1], "content": 1, "bytes": 3}
    assert own in kept()
    assert ada.post("/applications/shop/releases/prune", {"keep": 0}).status == 422
    assert ada.get("/applications/shop/releases/prune?keep=0").status == 422
    assert ada.post("/applications/shop/releases/prune", {"keep": 5}).status == 202
