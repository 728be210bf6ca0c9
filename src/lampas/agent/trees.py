"""Release trees: read-only directories of hard links, written aside and renamed whole.

code/    the manifest's files; persistent directories are links into the application's data
env/lib/python3.11/site-packages/    its wheels
env/bin/    python, and the wheels' scripts
perl/    of a Perl release, the modules of its distributions; their programs are in env/bin too
env/pyvenv.cfg    makes it a virtual environment of Debian's Python
manifest    the sha256 of its manifest
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lampas.agent.content import ContentStore
from lampas.agent.wheels import PYTHON, WheelStore, scripts
from lampas.core.nodestate import Manifest, Places, ReleaseOnNode
from lampas.errors import Failed

SITE = "lib/python3.11/site-packages"
_VENV = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n"
_DIRECTORY = 0o2550
_AT_ONCE = 16  # files that are brought to the disk together: the disk does so in one go
_SCRIPT = """\
#!{python}
import sys
from {module} import {first}
if __name__ == "__main__":
    sys.argv[0] = sys.argv[0].removesuffix(".exe")
    sys.exit({attribute}())
"""
_TARGET = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)")


def held(places: Places, app: str, number: int) -> str:
    """The sha256 of the manifest of the release that stands there whole; "" where none does."""
    try:
        return (Path(places.release(app, number)) / "manifest").read_text().strip()
    except OSError:
        return ""


def lacking(content: ContentStore, wheels: WheelStore, manifest: Manifest) -> list[str]:
    """The content that a release needs and the node has not."""
    unpacked = [wheel.sha256 for wheel in manifest.wheels if not wheels.path(wheel.sha256).is_dir()]
    return content.missing([file.sha256 for file in manifest.files] + unpacked)


def build(
    places: Places, content: ContentStore, wheels: WheelStore, release: ReleaseOnNode, manifest: Manifest
) -> None:
    """Makes the tree of a release. Its application's directories are there, its wheels are unpacked.

    Raises:
        Failed: Content is missing, or the disk is full.
    """
    target = Path(places.release(release.app, release.number))
    aside = target.with_name(f".{target.name}.new")
    discard(aside)
    try:
        aside.mkdir()
        _code(aside, content, manifest, places.data(release.app))
        _environment(aside / "env", target / "env", wheels, manifest)
        if manifest.runtime == "perl":
            _perl(aside / "perl", wheels, manifest)
        _write(aside / "manifest", release.manifest + "\n", 0o444)
        _to_disk([*(aside / "env/bin").iterdir(), aside / "env/pyvenv.cfg", aside / "manifest"])
        for base, _, _ in os.walk(aside, topdown=False):
            os.chmod(base, _DIRECTORY)  # noqa: PTH101 - thousands of them
        if target.exists():
            discard(target)
        aside.chmod(0o2750)  # a directory that is renamed must be writable
        aside.replace(target)
        target.chmod(_DIRECTORY)
    except OSError as error:
        discard(aside)
        raise Failed(
            f"{release.app} {release.number} cannot be put on the disk: {error.strerror}",
            "make room on the node's disk",
        ) from error


def discard(tree: Path) -> None:
    """Removes a tree, read-only or not; one that is not there is no error."""
    if not tree.exists():
        return
    for base, _, _ in os.walk(tree):
        os.chmod(base, 0o700)  # noqa: PTH101 - as above
    shutil.rmtree(tree)


def _code(tree: Path, content: ContentStore, manifest: Manifest, data: str) -> None:
    """Links the files, but for what a release holds below a persistent directory: the application's data counts."""
    code = tree / "code"
    code.mkdir()
    (code / manifest.root).mkdir(parents=True, exist_ok=True)
    kept = tuple(f"{path}/" for path in manifest.persist)
    made = {code}
    for file in manifest.files:
        if file.path.startswith(kept) or file.path in manifest.persist:
            continue
        target = code / file.path
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        content.link(file.sha256, target, file.mode)
    for path in manifest.persist:
        (code / path).parent.mkdir(parents=True, exist_ok=True)
        (code / path).symlink_to(f"{data}/{path}")


def _environment(tree: Path, final: Path, wheels: WheelStore, manifest: Manifest) -> None:
    site, programs = tree / SITE, tree / "bin"
    site.mkdir(parents=True)
    programs.mkdir()
    _write(tree / "pyvenv.cfg", _VENV, 0o444)
    for name in ("python", "python3"):
        (programs / name).symlink_to(PYTHON)
    python = f"{final}/bin/python"
    for wheel in manifest.wheels:
        unpacked = wheels.path(wheel.sha256)
        if manifest.runtime != "perl":
            _link_tree(f"{unpacked}/site", f"{site}")
        _link_tree(f"{unpacked}/data/data", f"{tree}")
        for script in sorted((unpacked / "bin").glob("*")):
            _write(programs / script.name, _shebang(script, python), 0o555)
    for name, target in scripts(site):
        found = _TARGET.fullmatch(target)
        if found and "/" not in name and not (programs / name).exists():
            first = found[2].partition(".")[0]
            text = _SCRIPT.format(python=python, module=found[1], first=first, attribute=found[2])
            _write(programs / name, text, 0o555)


def _perl(tree: Path, wheels: WheelStore, manifest: Manifest) -> None:
    """The install trees of CPAN distributions, one directory for @INC."""
    tree.mkdir()
    for wheel in manifest.wheels:
        _link_tree(f"{wheels.path(wheel.sha256)}/site", f"{tree}")


def _shebang(script: Path, python: str) -> bytes:
    data = script.read_bytes()
    first, _, rest = data.partition(b"\n")
    return f"#!{python}\n".encode() + rest if first.startswith(b"#!python") else data


def _link_tree(source: str, target: str) -> None:
    """Links a directory's files into another one; what is there already stays. Written with names and few calls: a
    release may have tens of thousands of files."""
    if not os.path.isdir(source):  # noqa: PTH112 - as above
        return
    with os.scandir(source) as entries:
        for entry in entries:
            into = f"{target}/{entry.name}"
            with contextlib.suppress(FileExistsError):
                if entry.is_dir(follow_symlinks=False):
                    os.mkdir(into)  # noqa: PTH102
                else:
                    os.link(entry.path, into)
            if entry.is_dir(follow_symlinks=False):
                _link_tree(entry.path, into)


def _write(path: Path, text: str | bytes, mode: int) -> None:
    with path.open("wb") as file:
        file.write(text.encode() if isinstance(text, str) else text)
        os.fchmod(file.fileno(), mode)


def _to_disk(files: Iterable[Path]) -> None:
    """What was linked is on the disk already; what was written here follows, all at once."""
    written = [path for path in files if not path.is_symlink()]
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        list(workers.map(_one_to_disk, written))


def _one_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
