"""Wheels, unpacked once for each sha256 and linked into every release that has them.

`.pyc` are compiled here once, by Debian's Python, with unchecked hashes, so that a release imports fast and is never
written to.
"""

from __future__ import annotations

import configparser
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from lampas.agent import unpacking
from lampas.agent.content import ContentStore
from lampas.errors import Failed

PYTHON = unpacking.PYTHON


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
        if not names:
            return
        asides = {name: self._directory / f".{name}.new" for name in names}
        try:
            for aside in asides.values():
                shutil.rmtree(aside, ignore_errors=True)
                aside.mkdir(parents=True)
            unpacking.unpack([self._archive(name, asides[name]) for name in names])
            for name, aside in asides.items():
                aside.replace(self.path(name))
        except OSError as error:
            raise Failed(
                f"a distribution cannot be unpacked: {error.strerror}", "make room on the node's disk"
            ) from error
        finally:
            for aside in asides.values():
                shutil.rmtree(aside, ignore_errors=True)

    def _archive(self, name: str, aside: Path) -> unpacking.Archive:
        if not self._content.has(name):
            raise Failed(f"the node lacks the distribution {name}", "send it before the state that needs it")
        return unpacking.Archive(name, self._content.path(name), aside)


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
