"""A full disk under the caches: a push is refused in words, nothing is lost, and the next one goes through."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.git import Served, commit, git, ok, stored_refs

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="a disk that can be filled is mounted by root"),
]
WHOLE = {"http.postBuffer": "67108864"}  # this test's server takes no body in chunks


@pytest.fixture
def disk(shop: Served) -> Iterator[Path]:
    """A disk of 64 MiB where the caches and the scratch directory stand."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(shop.directory)], check=True)
    try:
        yield shop.directory
    finally:
        subprocess.run(["umount", "--lazy", str(shop.directory)], check=True)


def fill(disk: Path, leave: int = 0) -> None:
    """Leaves so many bytes."""
    with (disk / "filler").open("wb", buffering=0) as file:
        room = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, max(room.f_bavail * room.f_frsize - leave, 4096))


@pytest.mark.parametrize("leave", [0, 256 << 10, 3 << 20])
def test_a_push_onto_a_full_disk_is_refused_in_words_and_goes_through_later(
    shop: Served, work: Path, disk: Path, leave: int
) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main")
    before = stored_refs()
    commit(work, {"big.bin": os.urandom(6 << 20), **{f"d/{n}.txt": f"{n}\n" for n in range(300)}})
    fill(disk, leave)
    done = git(work, "push", "-q", shop.url("shop"), "main", config=WHOLE)
    assert not done.ok
    assert "disk" in done.err or "No space left" in done.err, done.err
    assert stored_refs() == before
    (disk / "filler").unlink()
    ok(work, "push", "-q", shop.url("shop"), "main", config=WHOLE)
    assert stored_refs() != before
    assert not [path for path in (disk / "tmp").rglob("*") if path.name.startswith("view-")]


def test_what_is_stored_can_be_fetched_from_a_full_disk_once_there_is_room(
    shop: Served, work: Path, disk: Path, tmp_path: Path
) -> None:
    ok(work, "push", "-q", shop.url("shop"), "main")
    fill(disk)
    git(tmp_path, "clone", "-q", shop.url("shop"), "early")  # it may do without room, or not
    (disk / "filler").unlink()
    ok(tmp_path, "clone", "-q", shop.url("shop"), "late")
    assert (tmp_path / "late/README").read_text() == "one\n"


def test_a_commit_that_finds_no_room_says_so_and_is_made_later(shop: Served, work: Path, disk: Path) -> None:
    from django.conf import settings

    from lampas.core.names import Oid, RepositoryName
    from lampas.errors import Failed
    from lampas.git.writer import GitWriter

    ok(work, "push", "-q", shop.url("shop"), "main")
    head, name = Oid(stored_refs()["refs/heads/main"]), RepositoryName("shop")
    writer, changes = GitWriter(settings.CONFIGURATION), {"big.bin": os.urandom(4 << 20)}
    who = {"message": "m", "author": "Ada", "email": "ada@x"}
    fill(disk, 1 << 20)
    with pytest.raises(Failed, match="cannot be written to disk"):
        writer.write(name, "main", changes, parent=head, **who)
    assert stored_refs()["refs/heads/main"] == head
    (disk / "filler").unlink()
    assert writer.write(name, "main", changes, parent=head, **who) == stored_refs()["refs/heads/main"]
