"""Stock git over HTTP: push, clone, fetch, delete, race."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engines.git import Served, commit, git, ok, stored_refs


def test_what_was_pushed_is_in_the_database_and_comes_back_by_clone(shop: Served, work: Path, tmp_path: Path) -> None:
    done = git(work, "push", shop.url("shop"), "main")
    assert done.ok, done.err
    head = ok(work, "rev-parse", "HEAD")
    assert stored_refs() == {"refs/heads/main": head}
    ok(tmp_path, "clone", "-q", shop.url("shop"), "copy")
    assert ok(tmp_path / "copy", "rev-parse", "HEAD") == head
    assert (tmp_path / "copy" / "src" / "shop.py").read_text() == "print('shop')\n"


def test_fetch_brings_what_was_pushed_after_the_clone(shop: Served, work: Path, tmp_path: Path) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main")
    ok(tmp_path, "clone", "-q", shop.url("shop"), "copy")
    head = commit(work, {"new": "new\n"})
    ok(work, "push", "-q", shop.url("shop"), "main")
    ok(tmp_path / "copy", "pull", "-q", "--ff-only")
    assert ok(tmp_path / "copy", "rev-parse", "HEAD") == head


def test_branches_and_tags_are_made_moved_and_deleted(shop: Served, work: Path) -> None:
    head = ok(work, "rev-parse", "HEAD")
    ok(work, "tag", "-a", "v1", "-m", "one")
    ok(work, "push", "-q", shop.url("shop"), "main", "main:refs/heads/topic/one", "v1")
    assert stored_refs() == {
        "refs/heads/main": head,
        "refs/heads/topic/one": head,
        "refs/tags/v1": ok(work, "rev-parse", "v1"),
    }
    ok(work, "push", "-q", shop.url("shop"), ":topic/one", ":v1")
    assert stored_refs() == {"refs/heads/main": head}
    assert "topic" not in ok(work, "ls-remote", shop.url("shop"))


def test_a_history_that_was_rewritten_can_be_forced(shop: Served, work: Path) -> None:
    commit(work, {"a": "a"})
    ok(work, "push", "-q", shop.url("shop"), "main")
    ok(work, "reset", "-q", "--hard", "HEAD^")
    head = commit(work, {"b": "b"})
    assert "non-fast-forward" in git(work, "push", shop.url("shop"), "main").err
    ok(work, "push", "-q", "--force", shop.url("shop"), "main")
    assert stored_refs() == {"refs/heads/main": head}


def test_the_first_push_says_what_the_default_branch_is_called(shop: Served, work: Path, tmp_path: Path) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main:trunk")
    ok(tmp_path, "clone", "-q", shop.url("shop"), "copy")
    assert ok(tmp_path / "copy", "branch", "--show-current") == "trunk"


def test_the_default_branch_cannot_be_deleted(shop: Served, work: Path) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main")
    done = git(work, "push", shop.url("shop"), ":main")
    assert not done.ok
    assert "the default branch cannot be deleted" in done.err
    assert "refs/heads/main" in stored_refs()


def test_a_ref_that_is_elsewhere_by_now_is_not_moved(shop: Served, work: Path) -> None:
    from lampas.core.history.values import RefUpdate
    from lampas.core.names import Oid, RepositoryName
    from lampas.store import history

    name, first = RepositoryName("shop"), Oid(ok(work, "rev-parse", "HEAD"))
    second = Oid(commit(work, {"more": "more"}))
    ok(work, "push", "-q", shop.url("shop"), "main")
    for old in (None, first):
        late = RefUpdate("refs/heads/main", old, first)
        assert history.publish(name, [], [late]).refused == {"refs/heads/main": "fetch first"}
    assert stored_refs() == {"refs/heads/main": second}


def test_of_pushes_that_race_for_one_branch_exactly_one_wins(shop: Served, work: Path, tmp_path: Path) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main")
    racers = []
    for name in "abcd":
        ok(tmp_path, "clone", "-q", shop.url("shop"), name)
        racers.append(tmp_path / name)
    heads = [commit(path, {path.name: path.name}) for path in racers]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda path: git(path, "push", "origin", "main"), racers))
    won = [head for head, one in zip(heads, done, strict=True) if one.ok]
    assert len(won) == 1
    assert stored_refs() == {"refs/heads/main": won[0]}
    assert all("fetch first" in one.err for one in done if not one.ok), [one.err for one in done]


def test_pushes_to_different_branches_all_win(shop: Served, work: Path, tmp_path: Path) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main")
    racers = []
    for name in "abcd":
        ok(tmp_path, "clone", "-q", shop.url("shop"), name)
        racers.append(tmp_path / name)
    heads = {f"refs/heads/{path.name}": commit(path, {path.name: path.name}) for path in racers}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: ok(path, "push", "-q", "origin", f"main:{path.name}"), racers))
    assert stored_refs().items() >= heads.items()


def test_of_several_refs_the_good_ones_are_moved_and_the_bad_ones_named(shop: Served, work: Path) -> None:
    done = git(work, "push", shop.url("shop"), "main", "main:refs/notes/x", "main:refs/heads/good")
    assert "only branches (refs/heads/) and tags (refs/tags/) can be pushed" in done.err
    assert set(stored_refs()) == {"refs/heads/main", "refs/heads/good"}


def test_an_atomic_push_moves_all_or_nothing(shop: Served, work: Path) -> None:
    done = git(work, "push", "--atomic", shop.url("shop"), "main", "main:refs/notes/x")
    assert not done.ok
    assert stored_refs() == {}


def test_a_branch_cannot_stand_under_another(shop: Served, work: Path) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main:a")
    done = git(work, "push", shop.url("shop"), "main:refs/heads/a/b")
    assert "refs/heads/a exists" in done.err
    assert set(stored_refs()) == {"refs/heads/a"}


def test_every_push_is_in_the_audit(shop: Served, work: Path) -> None:
    from lampas.store import audit
    from lampas.store.models import AuditRow

    ok(work, "push", "-q", shop.url("shop"), "main")
    row = AuditRow.objects.get(action="code.push")
    assert (row.actor, row.subject, row.outcome) == ("ada", "shop", "done")
    assert row.detail["refs"] == {"refs/heads/main": [None, ok(work, "rev-parse", "HEAD")]}
    assert audit.first_broken() is None


def test_a_shallow_clone_and_a_partial_clone_work(shop: Served, work: Path, tmp_path: Path) -> None:
    commit(work, {"a": "a"})
    ok(work, "push", "-q", shop.url("shop"), "main")
    ok(tmp_path, "clone", "-q", "--depth=1", shop.url("shop"), "shallow")
    assert ok(tmp_path / "shallow", "rev-list", "--count", "HEAD") == "1"
    ok(tmp_path, "clone", "-q", "--filter=blob:none", shop.url("shop"), "partial")
    assert (tmp_path / "partial" / "a").read_text() == "a"
