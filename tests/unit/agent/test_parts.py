"""The agent's small parts: documents, content, wheels, logs, nonces."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.agent import documents, logs, unpack_worker
from lampas.agent.content import ContentStore
from lampas.agent.nonces import Nonces
from lampas.agent.steps import swap_maps
from lampas.core.nodestate import Manifest, ManifestFile, ManifestWheel
from lampas.errors import Denied, InvalidInput

SHA = "0" * 64
GOOD = Manifest("shop", "id", "python", "app", "", (ManifestFile("a/b.py", SHA, 1, 0o444),), ())


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", ".", "a//b", "a/", "./a", "a\0b"])
def test_a_manifest_that_leaves_the_release_is_refused(path: str) -> None:
    assert documents.manifest(GOOD.encode()) == GOOD
    for bad in (
        dataclasses.replace(GOOD, files=(ManifestFile(path, SHA, 1, 0o444),)),
        dataclasses.replace(GOOD, persist=(path,)),
        *([dataclasses.replace(GOOD, root=path)] if path else []),
    ):
        with pytest.raises(InvalidInput):
            documents.manifest(bad.encode())


@pytest.mark.parametrize(
    "bad",
    [
        dataclasses.replace(GOOD, app="../x"),
        dataclasses.replace(GOOD, files=(ManifestFile("a", "zz", 1, 0o444),)),
        dataclasses.replace(GOOD, files=(ManifestFile("a", SHA, 1, 0o4755),)),
        dataclasses.replace(GOOD, wheels=(ManifestWheel("n", "1", "f", "../../x", 1),)),
    ],
)
def test_a_manifest_of_something_else_is_refused(bad: Manifest) -> None:
    with pytest.raises(InvalidInput):
        documents.manifest(bad.encode())


@given(st.binary(max_size=200))
def test_no_bytes_are_taken_for_a_document(data: bytes) -> None:
    for read in (
        documents.manifest,
        lambda given: documents.state(given, "here", 0),
        lambda given: documents.task(given, "here", 0),
    ):
        with pytest.raises(InvalidInput):
            read(data)


def blob(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode() + len(data).to_bytes(8, "big") + data


@given(st.lists(st.binary(max_size=50), max_size=8), st.integers(1, 90))
def test_a_stream_of_content_arrives_however_it_is_cut(tmp_path_factory: pytest.TempPathFactory, pieces, size) -> None:  # type: ignore[no-untyped-def]
    store = ContentStore(tmp_path_factory.mktemp("store"))
    stream = b"".join(blob(piece) for piece in pieces)
    with store.receive() as receiver:
        for begin in range(0, len(stream), size):
            receiver.feed(stream[begin : begin + size])
        assert receiver.finish() == len(pieces)
    for piece in pieces:
        assert store.read(hashlib.sha256(piece).hexdigest()) == piece
    assert not list(store.directory.glob(".receiving-*"))


def test_content_that_no_release_needs_is_pruned_once_it_is_old(tmp_path: Path) -> None:
    store = ContentStore(tmp_path)
    with store.receive() as receiver:
        receiver.feed(blob(b"kept") + blob(b"old"))
        receiver.finish()
    kept = hashlib.sha256(b"kept").hexdigest()
    assert store.prune({kept}, 0.0) == 0
    assert store.prune({kept}, time.time() + 60) == 1
    assert store.has(kept)


def test_members_of_a_wheel_have_their_places() -> None:
    places = {
        "pkg/x.py": "site/pkg/x.py",
        "t-1.dist-info/RECORD": "site/t-1.dist-info/RECORD",
        "t-1.data/purelib/x.py": "site/x.py",
        "t-1.data/platlib/x.so": "site/x.so",
        "t-1.data/scripts/tool": "bin/tool",
        "t-1.data/data/share/x": "data/data/share/x",
    }
    assert {name: str(unpack_worker.placed(name)) for name in places} == places


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\..\\x", "t-1.data/scripts/../../x", ""])
def test_a_member_that_leaves_the_wheel_is_refused(name: str) -> None:
    with pytest.raises(unpack_worker.NoWheel):
        unpack_worker.placed(name)


def test_the_last_words_are_the_applications_own_traceback() -> None:
    prefix = "[Tue Nov 24 14:01:09.308079 2026] [wsgi:error] [pid 23182:tid 23188] "
    text = "".join(
        f"{prefix}{line}\n"
        for line in (
            "mod_wsgi (pid=1): Exception occurred processing WSGI script",
            "Traceback (most recent call last):",
            '  File "/x/app.py", line 3, in go',
            "    raise RuntimeError(1)",
            "RuntimeError: 1",
            "something later",
        )
    )
    assert logs.last_words(text).splitlines() == [
        "Traceback (most recent call last):",
        '  File "/x/app.py", line 3, in go',
        "    raise RuntimeError(1)",
        "RuntimeError: 1",
    ]
    assert logs.last_words(f"{prefix}one\n{prefix}two\n") == "one\ntwo"


def test_a_nonce_counts_once() -> None:
    nonces, later = Nonces(), int(time.time()) + 60
    nonces.use("n" * 16, later)
    with pytest.raises(Denied):
        nonces.use("n" * 16, later)
    nonces.use("m" * 16, later)


def test_maps_that_change_always_have_a_later_time(tmp_path: Path) -> None:
    times = []
    for text in ("a", "b", "a", "b"):
        swap_maps(tmp_path, {"routes.txt": text})
        times.append((tmp_path / "routes.txt").stat().st_mtime_ns // 1000)
        assert (tmp_path / "routes.txt").read_text() == text
    assert times == sorted(set(times))
    before = (tmp_path / "routes.txt").stat().st_ino
    swap_maps(tmp_path, {"routes.txt": "b"})
    assert (tmp_path / "routes.txt").stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == ["routes.txt"]
