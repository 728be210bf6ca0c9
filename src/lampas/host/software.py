"""The copies of the package that a node runs from: each in a directory named by what is in it."""

from __future__ import annotations

import compileall
import hashlib
import os
import py_compile
import re
import shutil
from pathlib import Path

_SAMPLE = re.compile(r"/host/sample/")  # pushed to a repository as it is, so nothing is added to it
_KEPT = 3  # copies: the one in force and those before it, for processes that still read from them


def package() -> Path:
    """The package that runs this."""
    return Path(__file__).resolve().parents[1]


def digest(directory: Path) -> str:
    """What names a copy: the hash of its files' paths and contents, without compiled files."""
    whole = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{path.relative_to(directory)}\0{content}\n".encode())
    return whole.hexdigest()[:16]


def install(source: Path, software: Path) -> str:
    """Makes a copy of the package, compiled, unless there is one; owned by whoever runs this.

    Args:
        source: The package's directory.
        software: Where copies stand.

    Returns:
        The copy's digest.
    """
    name = digest(source)
    target = software / name
    if not target.exists():
        aside = software / f".{name}"
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(source, aside / "lampas", ignore=shutil.ignore_patterns("__pycache__"))
        _readable(aside)
        compileall.compile_dir(
            aside,
            quiet=2,
            rx=_SAMPLE,
            stripdir=str(aside),
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        aside.rename(target)
    return name


def switch(software: Path, name: str) -> None:
    """Puts a copy in force: the symbolic link `current`, swapped by one rename. Older copies are removed."""
    link = software / "current"
    if not link.is_symlink() or link.readlink() != Path(name):
        aside = software / ".current"
        aside.unlink(missing_ok=True)
        aside.symlink_to(name)
        aside.replace(link)
        os.utime(software / name)
    copies = [path for path in software.iterdir() if path.is_dir() and not path.is_symlink()]
    for old in sorted(copies, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT:]:
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)


def _readable(directory: Path) -> None:
    """A checkout may be private; the copy is read by the users of LAMPAS's processes."""
    for path in [directory, *directory.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
