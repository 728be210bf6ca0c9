"""Commits that the console and the API make, and what readers see: the same road and the same rules as a push."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from engines.git import Served, commit, ok, stored_refs
from lampas.core.names import CLUSTER, Oid, RepositoryName
from lampas.errors import Conflict, InvalidInput, NotFound

SHOP = RepositoryName("shop")


class Desk:
    """A reader and a writer over the test's server."""

    def __init__(self) -> None:
        from django.conf import settings

        from lampas.git.reader import GitReader
        from lampas.git.writer import GitWriter

        self.reader = GitReader(settings.CONFIGURATION)
        self.writer = GitWriter(settings.CONFIGURATION)

    def write(self, changes: Mapping[str, bytes | None], parent: Oid | None, branch: str = "main") -> Oid:
        """Commits to `shop`."""
        return self.writer.write(
            SHOP, branch, changes, message="change it", author="Ada", email="ada@localhost", parent=parent
        )


@pytest.fixture
def desk(shop: Served) -> Desk:
    """A reader and a writer, and an empty repository `shop`."""
    return Desk()


def test_a_commit_is_in_the_database_readable_and_cloned(desk: Desk, shop: Served, tmp_path: Path) -> None:
    first = desk.write({"README": b"one\n", "src/a.py": b"a = 1\n"}, None)
    second = desk.write({"src/a.py": b"a = 2\n", "README": None}, first)
    assert stored_refs() == {"refs/heads/main": second}
    shutil.rmtree(shop.cache)
    ok(tmp_path, "clone", "-q", shop.url("shop"), "copy")
    assert (tmp_path / "copy/src/a.py").read_text() == "a = 2\n"
    assert not (tmp_path / "copy/README").exists()
    ok(tmp_path / "copy", "fsck", "--full", "--strict")


def test_a_commit_that_changes_nothing_is_none(desk: Desk) -> None:
    first = desk.write({"a": b"a"}, None)
    assert desk.write({"a": b"a"}, first) == first
    assert desk.write({"missing": None}, first) == first


def test_a_commit_on_what_is_not_the_branch_any_more_is_refused(desk: Desk) -> None:
    first = desk.write({"a": b"a"}, None)
    second = desk.write({"a": b"b"}, first)
    for parent in (first, None):
        with pytest.raises(Conflict, match="fetch first"):
            desk.write({"a": b"c"}, parent)
    assert stored_refs() == {"refs/heads/main": second}


@pytest.mark.parametrize(
    "path", [".git/config", "a/.GIT/x", "../x", "/etc/x", "a//b", "", "a/./b", "new\nline", "git~1/x", "a/"]
)
def test_a_path_that_a_push_may_not_have_is_refused(desk: Desk, path: str) -> None:
    with pytest.raises(InvalidInput):
        desk.write({path: b"x"}, None)
    assert stored_refs() == {}


@pytest.mark.parametrize("branch", ["", "a..b", "-x", "a b", "x.lock", "HEAD"])
def test_a_branch_that_cannot_be_named_so_is_refused(desk: Desk, branch: str) -> None:
    with pytest.raises(InvalidInput):
        desk.write({"a": b"a"}, None, branch)


def test_a_file_keeps_its_mode_and_can_make_room_for_a_directory(desk: Desk, shop: Served, work: Path) -> None:
    (work / "run.sh").write_text("#!/bin/sh\n")
    (work / "run.sh").chmod(0o755)
    head = Oid(commit(work, {"a": "a"}))
    ok(work, "push", "-q", shop.url("shop"), "main")
    new = desk.write({"run.sh": b"#!/bin/sh\nexit\n", "a": None, "a/b": b"b"}, head)
    tree = desk.reader.tree(SHOP, new)
    assert tree["run.sh"].mode == 0o100755
    assert "a" not in tree
    assert tree["a/b"].size == 1


def test_commits_of_a_transaction_that_fails_never_were(desk: Desk, shop: Served, work: Path) -> None:
    from django.db import transaction

    first = desk.write({"a": b"a"}, None)
    with pytest.raises(RuntimeError), transaction.atomic():
        lost = desk.write({"a": b"lost"}, first)
        assert desk.reader.resolve(SHOP, "main") == first
        raise RuntimeError
    assert desk.reader.resolve(SHOP, "main") == first
    with pytest.raises(NotFound):
        desk.reader.commit(SHOP, lost)
    second = desk.write({"a": b"b"}, first)
    assert desk.reader.resolve(SHOP, "main") == second
    assert ok(work, "ls-remote", shop.url("shop"), "main").startswith(second)


def test_commits_of_a_transaction_are_seen_when_it_ends(desk: Desk) -> None:
    from django.db import transaction

    with transaction.atomic():
        head = desk.write({"a": b"a"}, None)
    assert desk.reader.resolve(SHOP, "main") == head


def test_a_name_is_taken_once(desk: Desk) -> None:
    with pytest.raises(Conflict, match="exists already"):
        desk.writer.create(SHOP)


def test_the_reader_finds_branches_tags_and_commits(desk: Desk, shop: Served, work: Path) -> None:
    head = ok(work, "rev-parse", "HEAD")
    ok(work, "tag", "-a", "v1", "-m", "one")
    ok(work, "push", "-q", shop.url("shop"), "main", "v1", "main:topic/x")
    for ref in ("main", "v1", "topic/x", "refs/heads/main", "refs/tags/v1", head, head[:10]):
        assert desk.reader.resolve(SHOP, ref) == head
    for ref in ("other", "f" * 40, "--help", "HEAD~1", "", "main^{tree}"):
        with pytest.raises(NotFound):
            desk.reader.resolve(SHOP, ref)
    with pytest.raises(NotFound, match="no repository"):
        desk.reader.resolve(RepositoryName("none"), "main")


def test_the_reader_gives_logs_trees_blobs_and_differences(desk: Desk, shop: Served, work: Path) -> None:
    old = Oid(ok(work, "rev-parse", "HEAD"))
    new = Oid(commit(work, {"src/shop.py": "print('two')\n", "größe": "ü"}, "second\n\nwith a body"))
    ok(work, "push", "-q", shop.url("shop"), "main")
    reader = desk.reader
    assert [one.oid for one in reader.log(SHOP, "main")] == [new, old]
    assert [one.oid for one in reader.log(SHOP, "main", path="README")] == [old]
    assert [one.oid for one in reader.log(SHOP, "main", limit=1)] == [new]
    found = reader.commit(SHOP, new)
    assert (found.author, found.email, found.parents) == ("Ada", "ada@localhost", (old,))
    assert found.message == "second\n\nwith a body"
    tree = reader.tree(SHOP, new)
    assert sorted(tree) == ["README", "größe", "src/shop.py"]
    assert reader.blob(SHOP, tree["src/shop.py"].oid) == b"print('two')\n"
    assert reader.changed(SHOP, old, new) == ["größe", "src/shop.py"]
    assert "+print('two')" in reader.diff(SHOP, old, new, "src/shop.py")
    with pytest.raises(NotFound):
        reader.blob(SHOP, new)
    with pytest.raises(NotFound):
        reader.tree(SHOP, Oid("f" * 40))


def test_one_entry_is_what_the_tree_has_at_its_path(desk: Desk) -> None:
    at = desk.write({"src/shop/a.py": b"a = 1\n", "naïve/ü.txt": b"x", "README": b""}, None)
    tree = desk.reader.tree(SHOP, at)
    others = ("src", "src/shop", "src/shop/none", "README/x", "", "/README", "src//shop/a.py", "a\nb", "\udce9")
    for path in (*tree, *others):
        assert desk.reader.entry(SHOP, at, path) == tree.get(path)
    with pytest.raises(NotFound):
        desk.reader.entry(SHOP, Oid("0" * 40), "README")


def test_the_reader_reads_on_where_the_cache_was_deleted(desk: Desk, shop: Served) -> None:
    first = desk.write({"a": b"a"}, None)
    blob = desk.reader.tree(SHOP, first)["a"].oid
    for _ in range(3):
        assert desk.reader.blob(SHOP, blob) == b"a"
        shutil.rmtree(shop.cache)
        assert desk.reader.blob(SHOP, blob) == b"a"
        shutil.rmtree(shop.cache)
        assert desk.reader.commit(SHOP, first).message == "change it"


def test_the_repository_cluster_is_there_from_the_start_and_made_once(desk: Desk) -> None:
    from lampas.git import cluster

    cluster.ensure(desk.writer)
    head = desk.reader.resolve(CLUSTER, "main")
    assert sorted(desk.reader.tree(CLUSTER, head)) == ["README.md", "apps/.keep"]
    cluster.ensure(desk.writer)
    assert desk.reader.resolve(CLUSTER, "main") == head


def test_a_cluster_that_was_begun_and_not_finished_is_finished(desk: Desk) -> None:
    from lampas.git import cluster

    desk.writer.create(CLUSTER)
    cluster.ensure(desk.writer)
    assert desk.reader.resolve(CLUSTER, "main")
