"""git against the server as it really runs: chunked bodies, compressed bodies, large packs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.git import ENVIRONMENT, Served, commit, git, ok, stored_refs
from engines.gunicorn import Gunicorn

MIB = 1 << 20


@pytest.fixture(scope="module")
def gunicorn(django: Path) -> Iterator[Gunicorn]:
    """The console, in processes of its own."""
    server = Gunicorn(django / "server.json", django / "gunicorn.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def live(shop: Served, gunicorn: Gunicorn) -> Served:
    """The repository `shop`, served by gunicorn."""
    return Served(gunicorn.port, shop.directory, shop.token, shop.reader)


def test_a_push_over_one_mebibyte_comes_chunked_and_arrives(live: Served, work: Path, tmp_path: Path) -> None:
    data = os.urandom(3 * MIB)
    commit(work, {"data": data})
    ok(work, "push", "-q", live.url("shop"), "main")
    ok(tmp_path, "clone", "-q", live.url("shop"), "copy")
    assert (tmp_path / "copy" / "data").read_bytes() == data


def test_a_pack_of_forty_mebibytes_goes_in_and_comes_out(live: Served, work: Path, tmp_path: Path) -> None:
    for number in range(5):
        (work / f"{number}").write_bytes(os.urandom(8 * MIB))
    head = commit(work, {"last": "last"})
    ok(work, "push", "-q", live.url("shop"), "main")
    shutil.rmtree(live.cache)  # so that it comes from the database
    ok(tmp_path, "clone", "-q", "--bare", live.url("shop"), "copy")
    assert ok(tmp_path / "copy", "rev-parse", "main") == head
    ok(tmp_path / "copy", "fsck", "--full")


def test_a_fetch_with_a_compressed_request_works(live: Served, work: Path, tmp_path: Path) -> None:
    """A client that has much to tell sends it compressed."""
    ok(work, "push", "-q", live.url("shop"), "main")
    ok(tmp_path, "clone", "-q", live.url("shop"), "copy")
    for number in range(60):
        ok(tmp_path / "copy", "commit", "-q", "--allow-empty", "-m", f"{number}")
    head = commit(work, {"new": "new"})
    ok(work, "push", "-q", live.url("shop"), "main")
    done = subprocess.run(
        ["git", "fetch", "-q"],
        cwd=tmp_path / "copy",
        env={**ENVIRONMENT, "GIT_CURL_VERBOSE": "1"},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert b"gzip" in done.stderr
    assert ok(tmp_path / "copy", "rev-parse", "origin/main") == head


def test_a_hostile_push_that_is_chunked_is_told_why(live: Served, work: Path) -> None:
    (work / "link").symlink_to("/etc/passwd")
    commit(work, {"data": os.urandom(2 * MIB)})
    done = git(work, "push", live.url("shop"), "main")
    assert not done.ok
    assert "the symbolic link 'link' points to an absolute path" in done.err


def test_a_client_that_dies_in_the_middle_changes_nothing(live: Served, work: Path) -> None:
    commit(work, {"data": os.urandom(8 * MIB)})
    process = subprocess.Popen(
        ["git", "push", live.url("shop"), "main"], cwd=work, env=ENVIRONMENT, stderr=subprocess.PIPE
    )
    timer = threading.Timer(0.15, lambda: process.send_signal(signal.SIGKILL))
    timer.start()
    process.communicate(timeout=60)
    timer.join()
    assert stored_refs() in ({}, {"refs/heads/main": ok(work, "rev-parse", "HEAD")})
    ok(work, "push", "-q", live.url("shop"), "main")
    assert stored_refs() == {"refs/heads/main": ok(work, "rev-parse", "HEAD")}


def test_many_clients_at_once_are_all_served(live: Served, work: Path, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    commit(work, {f"dir{n}/file{n}": "x" * n for n in range(200)})
    ok(work, "push", "-q", live.url("shop"), "main")

    def clone(number: int) -> None:
        ok(tmp_path, "clone", "-q", live.url("shop"), f"copy{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(clone, range(16)))
