"""The database's disk is full: what runs goes on serving, errors say where to look, and with room all goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.node import Node, eventually

pytestmark = [
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="a disk that can be filled is mounted by root"),
]
ANSWER = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'{}']\n"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Node]:
    """A node whose database has a disk of its own, with an application that is live."""
    node = Node()
    database = node.home / "database"
    try:
        node.up("--no-sample")
        node.lampas("down")
        aside = database.with_name("database.aside")
        database.rename(aside)
        database.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=480m", "tmpfs", str(database)], check=True)
        subprocess.run(["cp", "-a", f"{aside}/.", str(database)], check=True)
        node.up("--no-sample")
        (tmp_path / "shop.py").write_text(ANSWER.format("one"))
        node.json("import", str(tmp_path), "--repo", "shop")
        node.json("app", "create", "shop", "--repo", "shop", "--entry", "shop:application")
        node.json("release", "build", "shop")
        node.json("deploy", "shop", "1")
        yield node
    finally:
        node.lampas("down", status=None)
        subprocess.run(["umount", "--lazy", str(database)], capture_output=True)
        node.remove()


def test_a_full_database_loses_nothing_and_goes_on_once_there_is_room(small: Node, tmp_path: Path) -> None:
    filler = small.home / "database/filler"
    with filler.open("wb") as file:
        room = os.statvfs(filler)
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
    (tmp_path / "shop.py").write_text(ANSWER.format("two"))
    (tmp_path / "data.txt").write_text(os.urandom(200_000).hex())
    for words in (("import", str(tmp_path), "--repo", "shop"), ("env", "set", "shop", "A=1")):
        done = small.lampas(*words, status=1)
        assert "the database" in done.stderr, done.stderr
        assert small.get("shop").text == "one"
    filler.unlink()
    eventually(lambda: small.lampas("app", "list", status=None).returncode == 0, 150)
    found = small.json("app", "show", "shop")
    assert [version["number"] for version in found["versions"]] == [1]
    small.json("import", str(tmp_path), "--repo", "shop")
    assert small.json("release", "build", "shop")["number"] == 2
    small.json("deploy", "shop", "2")
    assert small.get("shop").text == "two"
    assert small.json("audit", "verify")["ok"]
