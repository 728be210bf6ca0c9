"""Hostile pushes: each is refused with a line that says why, and nothing of it is in the repository."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from engines.git import Served, git, ok, stored_refs

FILE, LINK, TREE, SUBMODULE = "100644", "120000", "40000", "160000"


class Forge:
    """Makes objects that git itself would not make."""

    def __init__(self, where: Path) -> None:
        self.where = where

    def put(self, kind: str, data: bytes) -> str:
        """Stores an object as it is."""
        return ok(self.where, "hash-object", "-t", kind, "-w", "--stdin", "--literally", data=data)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """Stores a tree of (mode, name, id)."""
        return self.put("tree", b"".join(m.encode() + b" " + n + b"\0" + bytes.fromhex(o) for m, n, o in entries))

    def push(self, shop: Served, tree: str) -> str:
        """Pushes a commit of this tree, which must be refused; returns what the client was told."""
        head = ok(self.where, "commit-tree", tree, "-m", "hostile")
        return self.refused(shop, f"{head}:refs/heads/main")

    def refused(self, shop: Served, *refs: str) -> str:
        """Pushes refs, which must be refused; returns what the client was told."""
        # This server takes no chunked bodies; those are for the tests with gunicorn.
        done = git(self.where, "push", shop.url("shop"), *refs, config={"http.postBuffer": str(16 << 20)})
        assert not done.ok
        assert stored_refs() == {}
        return done.err


@pytest.fixture
def forge(work: Path) -> Forge:
    """A forge in the developer's repository."""
    return Forge(work)


@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "../outside", "sub/../../outside", "a/..", "..", "C:\\x", "..\\outside", ".git/config", "\\\\host"],
)
def test_a_symlink_that_leaves_the_tree_is_refused(shop: Served, forge: Forge, target: str) -> None:
    told = forge.push(shop, forge.tree((LINK, b"link", forge.put("blob", target.encode()))))
    assert "refused: " in told
    assert "symbolic link" in told


def test_a_symlink_is_judged_by_where_it_stands(shop: Served, forge: Forge) -> None:
    up_two = forge.tree((LINK, b"link", forge.put("blob", b"../../x")))
    told = forge.push(shop, forge.tree((TREE, b"a", up_two)))
    assert "leaves the tree" in told
    head = ok(forge.where, "commit-tree", forge.tree((TREE, b"a", forge.tree((TREE, b"b", up_two)))), "-m", "fine")
    ok(forge.where, "push", "-q", shop.url("shop"), f"{head}:refs/heads/main")


def test_a_submodule_is_refused(shop: Served, forge: Forge) -> None:
    told = forge.push(shop, forge.tree((SUBMODULE, b"sub", ok(forge.where, "rev-parse", "HEAD"))))
    assert "'sub' is a submodule" in told


@pytest.mark.parametrize(
    "name",
    [
        b".git",
        b".GIT",
        b".Git",
        b"git~1",
        b"GIT~2",
        b".git ",
        b".git.",
        b".g\xe2\x80\x8cit",
        b".git::$INDEX_ALLOCATION",
    ],
)
def test_every_spelling_of_dot_git_is_refused(shop: Served, forge: Forge, name: bytes) -> None:
    blob = forge.put("blob", b"x")
    told = forge.push(shop, forge.tree((TREE, name, forge.tree((FILE, b"config", blob)))))
    assert "hasDotgit" in told or "is a spelling of .git" in told, told


@pytest.mark.parametrize("name", [b".", b"..", b"a/b", b"new\nline", b"\xff\xfe", b"n" * 300, b".git\\x"])
def test_names_that_are_no_file_names_are_refused(shop: Served, forge: Forge, name: bytes) -> None:
    told = forge.push(shop, forge.tree((FILE, name, forge.put("blob", b"x"))))
    assert "the name" in told or "hasDot" in told or "fullPathname" in told, told


def test_a_tree_bomb_is_counted_without_being_expanded(shop: Served, forge: Forge) -> None:
    tree = forge.tree((FILE, b"f", forge.put("blob", b"x")))
    for _ in range(10):
        tree = forge.tree(*((TREE, f"{n:02}".encode(), tree) for n in range(32)))
    told = forge.push(shop, tree)
    assert "more than the 500,000 that are allowed" in told


def test_many_names_for_one_large_file_are_a_bomb_as_well(shop: Served, forge: Forge) -> None:
    blob = forge.put("blob", bytes(10 << 20))
    told = forge.push(shop, forge.tree(*((FILE, f"{n:03}".encode(), blob) for n in range(100))))
    assert "bytes when unpacked" in told


def test_a_file_that_expands_to_a_gigabyte_is_refused(shop: Served, forge: Forge) -> None:
    size = 1 << 30
    ok(forge.where, "config", "core.bigFileThreshold", "1m")
    bomb = forge.where / "bomb"
    with bomb.open("wb") as file:
        file.truncate(size)
    blob = ok(forge.where, "hash-object", "-w", "bomb")
    told = forge.push(shop, forge.tree((FILE, b"bomb", blob)))
    assert "1024 MiB is more than the 256 MiB of one file" in told


def test_directories_nested_without_end_are_refused(shop: Served, forge: Forge) -> None:
    tree = forge.tree((FILE, b"f", forge.put("blob", b"x")))
    for _ in range(200):
        tree = forge.tree((TREE, b"d", tree))
    assert "nested deeper than 64" in forge.push(shop, tree)


def test_what_no_commit_names_is_inspected_too(shop: Served, forge: Forge) -> None:
    """A tag may carry a tree of its own into the pack."""
    bad = forge.tree((SUBMODULE, b"sub", ok(forge.where, "rev-parse", "HEAD")))
    tag = forge.put("tag", f"object {bad}\ntype tree\ntag t\ntagger a <a@b> 1 +0000\n\nx\n".encode())
    assert "submodule" in forge.refused(shop, f"{tag}:refs/tags/t")


def test_a_branch_points_to_a_commit_and_a_tag_ends_at_one(shop: Served, forge: Forge) -> None:
    blob = forge.put("blob", b"x")
    assert "not to a commit" in forge.refused(shop, f"{blob}:refs/tags/t")


@pytest.mark.parametrize("ref", ["refs/meta/config", "refs/for/main", "refs/pull/1/head", "refs/replace/" + "0" * 40])
def test_refs_that_are_no_branches_or_tags_are_refused(shop: Served, forge: Forge, ref: str) -> None:
    assert "only branches (refs/heads/) and tags (refs/tags/) can be pushed" in forge.refused(shop, f"main:{ref}")


def test_a_damaged_object_is_refused(shop: Served, forge: Forge) -> None:
    blob = forge.put("blob", b"whole")
    file = forge.where / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(zlib.compress(b"blob 5\0other"))
    done = git(forge.where, "push", shop.url("shop"), f"{_commit(forge, blob)}:refs/heads/main")
    assert not done.ok
    assert stored_refs() == {}


def test_a_push_that_lacks_objects_is_refused(shop: Served, forge: Forge) -> None:
    """The pack is whole in itself; the tree it needs was never sent."""
    missing = "1234567890" * 4
    head = forge.put("commit", f"tree {missing}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n".encode())
    assert raw_push(shop, forge.where, head, [head]) != "unpack ok"
    assert stored_refs() == {}


def raw_push(shop: Served, where: Path, head: str, objects: list[str]) -> str:
    """Pushes a pack of exactly these objects; returns the first line of the report."""
    import base64
    import http.client

    pack = _pack(where, objects)
    line = f"{'0' * 40} {head} refs/heads/main\0report-status".encode()
    body = b"%04x" % (len(line) + 4) + line + b"0000" + pack
    client = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=60)
    credentials = base64.b64encode(f"x:{shop.token}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-git-receive-pack-request"}
    client.request("POST", "/git/shop.git/git-receive-pack", body, headers)
    answer = client.getresponse().read()
    client.close()
    return answer[4:].split(b"\n")[0].decode()


def _pack(where: Path, objects: list[str]) -> bytes:
    import subprocess

    names = "\n".join(objects).encode()
    return subprocess.run(
        ["git", "pack-objects", "--stdout", "-q"], cwd=where, input=names, capture_output=True, check=True
    ).stdout


def _commit(forge: Forge, blob: str) -> str:
    tree = forge.tree((FILE, b"f", blob))
    return ok(forge.where, "commit-tree", tree, "-m", "x")
