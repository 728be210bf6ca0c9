"""What a CPAN mirror says: its index, its checksums, and the metadata of its distributions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lampas.core.distributions.perlversions import Range
from lampas.errors import Failed, InvalidInput, Unresolved

_PATH = re.compile(r"[A-Z]/[A-Z0-9-]{2}/[A-Z0-9-]+/(?:[\w.+~-]+/)*[\w.+~-]+", re.ASCII)
_ARCHIVE = re.compile(r"(.+?)-(v?\d[\w.+~]*(?:-TRIAL)?)\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)", re.ASCII)
_ENTRY = re.compile(r"'([^'\\]+)'\s*=>\s*\{([^{}]*)\}")
_SHA256 = re.compile(r"'sha256'\s*=>\s*'([0-9a-f]{64})'")


class NoMirror(InvalidInput):
    """Something of CPAN is required, and the node has no mirror."""

    def __init__(self, source: str) -> None:
        super().__init__(
            f"{source} requires distributions of CPAN, and this node has no mirror of it",
            "name one, as root on the node: lampas up --cpan-mirror URL-or-DIRECTORY",
        )


class NotOnMirror(Unresolved):
    """A module that neither Debian nor the mirror has, or not in a version that will do."""

    def __init__(self, module: str, needed_by: str, reason: str, package: str = "") -> None:
        remedy = f"the Debian package {package} has it: name it in `packages`" if package else "require another module"
        super().__init__(f"{needed_by} requires {module}: {reason}", remedy)
        self.module = module


class BrokenMirror(Failed):
    """What a mirror serves is not what it says itself, or cannot be read."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}", "try again; if it stays so, the mirror is broken or incomplete")


@dataclass(frozen=True)
class Indexed:
    """What the mirror's index says of a module: its version, and the archive that has it, below `authors/id/`."""

    version: str
    path: str


@dataclass(frozen=True)
class Metadata:
    """What a distribution says of itself: module → the versions that will do, of what it takes to configure, build and
    run it."""

    requires: Mapping[str, Range]


def index(text: str) -> dict[str, Indexed]:
    """Module → where it is, from 02packages.details.txt. A line that cannot be used is left out: it is not ours."""
    _, _, body = text.partition("\n\n")
    found = {}
    for line in body.splitlines():
        words = line.split()
        if len(words) == 3 and _PATH.fullmatch(words[2]) and ".." not in words[2]:
            found[words[0]] = Indexed(words[1], words[2])
    return found


def checksums(text: str) -> dict[str, str]:
    """File → sha256, from a CHECKSUMS file. It is Perl, and read by its form alone."""
    found = {}
    for name, body in _ENTRY.findall(text):
        sha256 = _SHA256.search(body)
        if sha256:
            found[name] = sha256[1]
    return found


def name_and_version(path: str) -> tuple[str, str]:
    """`A/AB/ABC/Foo-Bar-1.0.tar.gz` → `Foo-Bar`, `1.0`.

    Raises:
        BrokenMirror: It is not named so.
    """
    filename = path.rpartition("/")[2]
    found = _ARCHIVE.fullmatch(filename)
    if found is None:
        raise BrokenMirror(filename, "its name has no version, or it is no archive that is known")
    return found[1], found[2].removeprefix("v")


def metadata(text: str) -> Metadata:
    """What the program that reads META files wrote.

    Raises:
        ValueError: It is not understood.
    """
    raw: Any = json.loads(text)
    found: dict[str, Range] = {}
    for phase in ("configure", "build", "runtime"):
        for module, versions in sorted(raw.get(phase, {}).items()):
            if module != "perl":
                both = found.get(module, Range()).clauses + Range.read(str(versions)).clauses
                found[str(module)] = Range(tuple(dict.fromkeys(both)))
    return Metadata(found)
