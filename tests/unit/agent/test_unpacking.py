"""Wheels on a node: unpacked once, compiled, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import marshal
import os
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from lampas.agent.content import ContentStore
from lampas.agent.wheels import WheelStore
from lampas.errors import Failed, InvalidInput


@pytest.fixture
def content(tmp_path: Path) -> ContentStore:
    """An empty content store."""
    return ContentStore(tmp_path / "store")


def keep(content: ContentStore, files: Mapping[str, bytes | str], executable: str = "") -> str:
    """Puts a wheel into the store; returns its name there."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o755 if path == executable else 0o644) << 16
            archive.writestr(entry, data)
    return store(content, packed.getvalue())


def store(content: ContentStore, data: bytes) -> str:
    name = hashlib.sha256(data).hexdigest()
    content.path(name).parent.mkdir(parents=True, exist_ok=True)
    content.path(name).write_bytes(data)
    return name


def test_a_wheel_is_unpacked_compiled_and_read_only(content: ContentStore) -> None:
    wheels = WheelStore(content)
    source = "import sys\nX = 1\n"
    name = keep(content, {"p/__init__.py": source, "p/a.txt": "t", "x-1.data/scripts/tool": "#!python\n"}, "p/a.txt")
    wheels.unpack([name])
    top = wheels.path(name)
    assert (top / "site/p/__init__.py").read_text() == source
    assert (top / "bin/tool").exists()
    assert (top / "site/p/a.txt").stat().st_mode & 0o777 == 0o555
    compiled = top / "site/p/__pycache__/__init__.cpython-311.pyc"
    assert compiled.stat().st_mode & 0o777 == 0o444
    data = compiled.read_bytes()
    assert int.from_bytes(data[4:8], "little") == 0b01  # hash-based, not checked
    assert "X" in marshal.loads(data[16:]).co_names  # noqa: S302 - our own
    words = [
        "/usr/bin/python3",
        "-I",
        "-S",
        "-v",
        "-c",
        f"import sys; sys.path.insert(0, {str(top / 'site')!r}); import p",
    ]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stderr
    assert f"code object from '{compiled}'" in said


def test_bytecode_that_came_along_is_not_taken(content: ContentStore) -> None:
    wheels = WheelStore(content)
    name = keep(content, {"a.py": "X = 1\n", "__pycache__/a.cpython-311.pyc": b"other", "__pycache__/b.pyc": b"x"})
    wheels.unpack([name])
    found = sorted(path.name for path in (wheels.path(name) / "site/__pycache__").iterdir())
    assert found == ["a.cpython-311.pyc"]
    assert (wheels.path(name) / "site/__pycache__/a.cpython-311.pyc").read_bytes() != b"other"


def test_what_does_not_compile_or_kills_the_compiler_is_unpacked_all_the_same(content: ContentStore) -> None:
    wheels = WheelStore(content)
    deadly = "x = " + "-" * 500_000 + "1\n"
    names = [
        keep(content, {"broken.py": "def (:\n", "fine.py": "X = 1\n", "nul.py": b"\0"}),
        keep(content, {"deadly.py": deadly, "beside.py": "X = 1\n"}),
        *(keep(content, {f"m{number}.py": f"X = {number}\n"}) for number in range(12)),
    ]
    wheels.unpack(names)
    assert wheels.missing(names) == []
    site = wheels.path(names[0]) / "site"
    assert sorted(path.name for path in (site / "__pycache__").iterdir()) == ["fine.cpython-311.pyc"]
    assert (wheels.path(names[1]) / "site/deadly.py").read_text() == deadly
    assert all((wheels.path(name) / "site/__pycache__").is_dir() for name in names[2:])


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "a/../../../evil", "x-1.data/scripts/../../../evil"])
def test_a_wheel_that_leaves_its_place_leaves_nothing(content: ContentStore, tmp_path: Path, name: str) -> None:
    wheels = WheelStore(content)
    good, bad = keep(content, {"good.py": ""}), keep(content, {"a.py": "", name: "x"})
    with pytest.raises(InvalidInput, match="leaves it"):
        wheels.unpack([good, bad])
    assert wheels.missing([good, bad]) == [good, bad]
    assert not list(tmp_path.rglob("evil"))
    assert not list((content.directory / "wheels").iterdir())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and no more", b"x" * 1000])
def test_what_is_no_wheel_is_refused(content: ContentStore, data: bytes) -> None:
    name = store(content, data)
    with pytest.raises(InvalidInput, match=f"{name} is no wheel"):
        WheelStore(content).unpack([name])


def test_one_that_is_cut_short_is_refused(content: ContentStore) -> None:
    whole = content.path(keep(content, {"a.py": os.urandom(5000).hex()})).read_bytes()
    middle = whole.index(b"a.py") + 100
    name = store(content, whole[:middle] + b"\0" * 50 + whole[middle + 50 :])
    with pytest.raises(InvalidInput, match="is no wheel"):
        WheelStore(content).unpack([name])


def test_one_that_is_not_there_is_said(content: ContentStore) -> None:
    (content.directory / "wheels").mkdir(parents=True)
    with pytest.raises(Failed, match="lacks the distribution"):
        WheelStore(content).unpack(["0" * 64])
