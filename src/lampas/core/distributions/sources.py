"""Source distributions: what uv says of those that have no wheel, what building one takes, what came out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from lampas.core.names import AppName, Sha256
from lampas.errors import Failed, InvalidInput

# What PEP 517 and 518 name for projects that say nothing themselves.
_LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
_LEGACY_REQUIRES = ("setuptools>=40.8.0",)
INPUTS = "/inputs"  # where a sandbox shows what it was given
OUTPUT = "/output"  # where it finds what was made
OUT_OF_TIME = 124
_WANTED = re.compile(r"Wheels are required for `([^`]+)`")
_SPECIFIER = r"(?:\s*(?:===|==|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+\s*,?)+"


class BrokenSource(InvalidInput):
    """A source distribution that is not built: its archive or its own words about building cannot be used."""

    def __init__(self, filename: str, reason: str) -> None:
        super().__init__(f"{filename}: {reason}", "require another version, or one that has a wheel")
        self.filename = filename


class BuildFailed(Failed):
    """Building a source distribution failed; `log` holds what its build wrote, the end of it."""

    def __init__(self, filename: str, reason: str, log: str = "", remedy: str = "") -> None:
        last = [line.strip() for line in log.splitlines() if line.strip()]
        words = f": {' | '.join(last[-3:])[-600:]}" if last else ""
        super().__init__(
            f"{filename} cannot be built: {reason}{words}",
            remedy
            or "require a version that has a wheel, or name the Debian packages that it needs in `build_packages`",
        )
        self.filename = filename
        self.log = log


@dataclass(frozen=True)
class BuildSystem:
    """How a source distribution says that it is built, by PEP 517 and 518.

    Attributes:
        requires: What its build needs, in PEP 508 form.
        backend: The object that builds it, `module` or `module:object`.
        backend_path: Directories of the distribution where the backend itself stands.
    """

    requires: tuple[str, ...] = _LEGACY_REQUIRES
    backend: str = _LEGACY_BACKEND
    backend_path: tuple[str, ...] = ()


@dataclass(frozen=True)
class WheelOrder:
    """One run of a build in a sandbox.

    Attributes:
        app: The application whose Unix user builds.
        argv: The program and its arguments.
        inputs: Name → sha256 of kept content, read-only in `INPUTS`.
        env: Its environment.
        seconds: Its bound in time.
    """

    app: AppName
    argv: tuple[str, ...]
    inputs: Mapping[str, Sha256]
    env: Mapping[str, str]
    seconds: float


@dataclass(frozen=True)
class WheelOutcome:
    """How a run ended: its exit status, the files that it left in `OUTPUT`, and the end of what it wrote."""

    status: int
    files: Mapping[str, bytes]
    log: str


class WheelBuilder(Protocol):
    """Runs builds in a node's sandbox: no network, nothing of LAMPAS or of another application in sight."""

    @property
    def node(self) -> str:
        """The node's name."""

    def installed(self, names: Sequence[str]) -> Mapping[str, str]:
        """The versions of those of some Debian packages that are installed on the node."""

    def ensure(self, names: Sequence[str]) -> Mapping[str, str]:
        """As `PackageKeeper.ensure`, on the node."""

    def run(self, order: WheelOrder) -> WheelOutcome:
        """Runs one build to its end. Nothing that it started outlives it.

        Raises:
            Unreachable: The node does not answer.
        """


@dataclass(frozen=True)
class Wanted:
    """A distribution that uv would have to build: its name, and the versions that uv's explanation speaks of."""

    name: str
    specifiers: tuple[str, ...] = field(default=())


def without_wheels(words: str) -> tuple[Wanted, ...]:
    """Which distributions uv could not take, because they have sources alone, from its explanation."""
    names = dict.fromkeys(canonicalize_name(name) for name in _WANTED.findall(words))
    return tuple(Wanted(name, _spoken_of(name, words)) for name in names)


def _spoken_of(name: str, words: str) -> tuple[str, ...]:
    """The specifiers that stand behind "depends on" and "require", which narrow the version down, tightest first."""
    any_name = re.escape(name).replace(r"\-", "[-_.]+")
    found = re.findall(rf"(?:depends? on|requires?|and)\s+{any_name}(?:\[[^]]*\])?({_SPECIFIER})", words, re.I)
    kept = []
    for text in found:
        try:
            kept.append(str(SpecifierSet(text.strip().rstrip(","))))
        except InvalidSpecifier:
            continue
    return tuple(dict.fromkeys(kept))


def build_system(pyproject: bytes | None, filename: str) -> BuildSystem:
    """What a source distribution says of its build.

    Args:
        pyproject: Its pyproject.toml; None where it has none.
        filename: Its file name, for errors.

    Raises:
        BrokenSource: It cannot be read.
    """
    if pyproject is None:
        return BuildSystem()
    try:
        table = tomllib.loads(pyproject.decode()).get("build-system")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BrokenSource(filename, f"its pyproject.toml cannot be read: {error}") from error
    if table is None:
        return BuildSystem()
    requires = table.get("requires") if isinstance(table, dict) else None
    if not isinstance(requires, list) or not all(isinstance(item, str) for item in requires):
        raise BrokenSource(filename, "its pyproject.toml names no [build-system] requires")
    backend, path = table.get("build-backend", _LEGACY_BACKEND), table.get("backend-path", [])
    if not isinstance(backend, str) or not isinstance(path, list) or not all(isinstance(item, str) for item in path):
        raise BrokenSource(filename, "its pyproject.toml names no backend that can be used")
    return BuildSystem(checked_requires(requires, filename), backend, tuple(path))


def checked_requires(lines: Sequence[str], filename: str) -> tuple[str, ...]:
    """Requirements of a build, normalised and sorted; they name distributions of the package index alone.

    Raises:
        BrokenSource: A line is no requirement, or names a place to fetch from.
    """
    found = set()
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            raise BrokenSource(filename, f"its build requires {line!r}, which is no requirement") from error
        if requirement.url:
            raise BrokenSource(filename, f"its build requires {requirement.name} from an address")
        requirement.name = canonicalize_name(requirement.name)
        found.add(str(requirement))
    return tuple(sorted(found))


def inner_path(name: str, filename: str) -> PurePosixPath:
    """The name of a member of a source archive, which must stay within.

    Raises:
        BrokenSource: It leaves the archive.
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or "\0" in name:
        raise BrokenSource(filename, f"it holds the name {name!r}, which leaves it")
    return pure


def check_built(name: str, version: str, source: str, filename: str) -> None:
    """Checks that a wheel that came out is of the distribution that went in.

    Args:
        name: The distribution's name.
        version: Its version.
        source: The source distribution's file name, for errors.
        filename: The wheel's file name.

    Raises:
        BuildFailed: It is not.
    """
    try:
        found, its_version, _, _ = parse_wheel_filename(filename)
        same = found == canonicalize_name(name) and its_version == Version(version)
    except (InvalidWheelFilename, InvalidVersion):
        same = False
    if not same:
        raise BuildFailed(source, f"its build gave {filename!r}, which is no wheel of {name} {version}")
