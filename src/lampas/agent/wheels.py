"""Wheels, unpacked once for each sha256 and linked into every release that has them.

The names in a wheel come from elsewhere: each is checked to stay within. `.pyc` are compiled here once, by Debian's
Python, with unchecked hashes, so that a release imports fast and is never written to.
"""

from __future__ import annotations

import configparser
import os
import shutil
import zipfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from lampas import process
from lampas.agent.content import ContentStore
from lampas.errors import Failed, InvalidInput

PYTHON = "/usr/bin/python3"
_MOST_FILES = 200_000
_MOST_BYTES = 8 << 30
_LIBRARY = ("purelib", "platlib")


class WheelStore:
    """Unpacked wheels beside the content that they came from."""

    def __init__(self, content: ContentStore) -> None:
        self._content = content
        self._directory = content.directory / "wheels"

    def path(self, sha256: str) -> Path:
        """Where an unpacked wheel stands: `site/` is for site-packages, `bin/` holds its scripts, `data/` the rest."""
        return self._directory / sha256

    def missing(self, names: Sequence[str]) -> list[str]:
        """Those that are not unpacked yet."""
        return [name for name in dict.fromkeys(names) if not self.path(name).is_dir()]

    def prune(self, keep: Collection[str]) -> None:
        """Removes unpacked wheels that no release needs."""
        for path in self._directory.glob("*"):
            if path.name not in keep:
                shutil.rmtree(path)

    def unpack(self, names: Sequence[str]) -> None:
        """Unpacks wheels and compiles them, all in one go.

        Raises:
            InvalidInput: One is no wheel, or holds a name that leaves it.
            Failed: One is not in the store, or the disk is full.
        """
        asides = [self._directory / f".{name}.new" for name in names]
        try:
            for name, aside in zip(names, asides, strict=True):
                shutil.rmtree(aside, ignore_errors=True)
                aside.mkdir(parents=True)
                self._extract(name, aside)
            _compile(asides)
            for name, aside in zip(names, asides, strict=True):
                _to_disk(aside)
                aside.replace(self.path(name))
        except OSError as error:
            raise Failed(
                f"a distribution cannot be unpacked: {error.strerror}", "make room on the node's disk"
            ) from error
        finally:
            for aside in asides:
                shutil.rmtree(aside, ignore_errors=True)

    def _extract(self, name: str, target: Path) -> None:
        if not self._content.has(name):
            raise Failed(f"the node lacks the distribution {name}", "send it before the state that needs it")
        try:
            with zipfile.ZipFile(self._content.path(name)) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
                    raise InvalidInput(f"the distribution {name} is larger than a node takes")
                for entry in entries:
                    path = target / placed(entry.filename)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(entry) as source, path.open("wb") as file:
                        shutil.copyfileobj(source, file)
                        os.fchmod(file.fileno(), 0o555 if entry.external_attr >> 16 & 0o100 else 0o444)
        except (zipfile.BadZipFile, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise InvalidInput(f"the distribution {name} is no wheel: {error}") from error


def placed(name: str) -> PurePosixPath:
    """Where a member of a wheel goes: `site/…`, `bin/…` or `data/…`.

    Raises:
        InvalidInput: Its name leaves the wheel.
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or "\0" in name or not pure.parts:
        raise InvalidInput(f"a wheel holds the name {name!r}, which leaves it")
    if len(pure.parts) > 2 and pure.parts[0].endswith(".data"):
        rest = PurePosixPath(*pure.parts[2:])
        if pure.parts[1] in _LIBRARY:
            return "site" / rest
        return ("bin" if pure.parts[1] == "scripts" else PurePosixPath("data", pure.parts[1])) / rest
    return "site" / pure


def scripts(site: Path) -> Iterator[tuple[str, str]]:
    """The console scripts that the distributions in a site-packages directory declare: name → `module:attribute`."""
    for file in sorted(site.glob("*.dist-info/entry_points.txt")):
        parser = _EntryPoints(delimiters=("=",), interpolation=None, strict=False)
        try:
            parser.read_string(file.read_text())
        except (configparser.Error, UnicodeDecodeError):
            continue
        for section in ("console_scripts", "gui_scripts"):
            if parser.has_section(section):
                for name, target in parser.items(section):
                    yield name, target.partition("[")[0].strip()


class _EntryPoints(configparser.ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr  # names keep their case


def _compile(directories: Sequence[Path]) -> None:
    """What does not compile (a template, a test of a syntax error) is left to fail where it is imported."""
    found = [str(path / "site") for path in directories if (path / "site").is_dir()]
    if found:
        words = ["-I", "-m", "compileall", "-q", "-j", "2", "--invalidation-mode", "unchecked-hash"]
        process.run([PYTHON, *words, *found], timeout=600)
    for directory in found:
        for path in Path(directory).rglob("*.pyc"):
            path.chmod(0o444)


def _to_disk(directory: Path) -> None:
    for base, _, files in os.walk(directory):
        for name in files:
            handle = os.open(Path(base) / name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
