"""The parts of a backup: the file that proves itself, sealed secrets, directories gathered while they change."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from lampas.errors import InvalidInput
from lampas.host import archive, gather, sealing

SECRET = b"correct horse battery"


def _archive(path: Path) -> Path:
    with archive.writing(path) as tar:
        archive.add(tar, "one", b"1" * 5000)
        archive.add(tar, "two", os.urandom(5000))
    return path


def test_an_archive_reads_back_in_order(tmp_path: Path) -> None:
    with archive.reading(_archive(tmp_path / "backup")) as tar:
        assert [member.name for member in tar] == ["one", "two"]
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


def test_an_archive_that_is_altered_or_cut_anywhere_is_refused_whole(tmp_path: Path) -> None:
    whole = _archive(tmp_path / "backup").read_bytes()
    damaged = tmp_path / "damaged"
    for place in range(0, len(whole), 97):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(archive.Damaged), archive.reading(damaged):
            pass
    for length in (0, 10, 86, len(whole) // 2, len(whole) - 1):
        damaged.write_bytes(whole[:length])
        with pytest.raises(archive.Damaged), archive.reading(damaged):
            pass


def test_an_archive_that_fails_half_way_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), archive.writing(tmp_path / "backup") as tar:
        archive.add(tar, "one", b"1")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_secrets_open_with_their_passphrase_alone() -> None:
    sealed = sealing.seal(b"the keys", SECRET)
    assert b"the keys" not in sealed
    assert sealing.unseal(sealed, SECRET) == b"the keys"
    for wrong in (b"correct horse batterY", b""):
        with pytest.raises(sealing.WrongPassphrase):
            sealing.unseal(sealed, wrong)
    with pytest.raises(sealing.WrongPassphrase):
        sealing.unseal(sealed[:-1], SECRET)


def test_a_passphrase_comes_from_a_key_file_or_the_environment_and_is_not_short(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(SECRET + b"\n")
    assert sealing.passphrase(tmp_path / "key", {}) == SECRET
    assert sealing.passphrase(None, {"LAMPAS_PASSPHRASE": SECRET.decode()}) == SECRET
    assert sealing.passphrase(None, {}) == b""
    with pytest.raises(InvalidInput, match="at least"):
        sealing.passphrase(None, {"LAMPAS_PASSPHRASE": "short"})
    with pytest.raises(InvalidInput, match="cannot be read"):
        sealing.passphrase(tmp_path / "missing", {})


def _gathered(directory: Path) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    done = subprocess.run([sys.executable, "-I", "-S", gather.__file__, directory], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        return {entry.name: (entry, tar.extractfile(entry).read() if entry.isreg() else b"") for entry in tar}  # type: ignore[union-attr]


def test_a_directory_is_gathered_with_links_as_links_and_without_sockets(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_text("text")
    (tmp_path / "a" / "again").hardlink_to(tmp_path / "a" / "file")
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    found = _gathered(tmp_path)
    assert set(found) == {"a", "a/file", "a/again", "link"}
    assert found["link"][0].linkname == "/etc/passwd"
    assert found["a/file"][1] == found["a/again"][1] == b"text"


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_sqlite_database_is_copied_whole_while_it_is_written(tmp_path: Path, mode: str) -> None:
    live = sqlite3.connect(tmp_path / "app.sqlite", isolation_level=None)
    live.execute(f"PRAGMA journal_mode={mode}")
    live.execute("CREATE TABLE posts (body TEXT)")
    live.execute("INSERT INTO posts VALUES ('kept')")
    live.execute("BEGIN IMMEDIATE")
    live.execute("INSERT INTO posts VALUES ('not committed')")
    found = _gathered(tmp_path)
    live.execute("ROLLBACK")
    live.close()
    assert set(found) == {"app.sqlite"}
    copy = tmp_path / "copy"
    copy.write_bytes(found["app.sqlite"][1])
    restored = sqlite3.connect(copy)
    assert restored.execute("SELECT body FROM posts").fetchall() == [("kept",)]
    restored.close()
