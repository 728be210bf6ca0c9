"""Requirement files → `Requirements`. They come from anybody who may push, so nothing in them names a place to
fetch from, a file of this machine, or an option of the program that reads them."""

from __future__ import annotations

import posixpath
import re
import shlex
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lampas.core.distributions.values import Requirements
from lampas.errors import InvalidInput

_DEEPEST = 10  # files that include each other
_MOST = 2000  # requirements
Read = Callable[[str], bytes | None]


class RequirementError(InvalidInput):
    """A requirement file cannot be used; `file` and `line` say where."""

    def __init__(self, file: str, line: int, message: str, remedy: str = "") -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}", remedy)
        self.file = file
        self.line = line


@dataclass
class _Found:
    lines: set[str] = field(default_factory=set)
    constraints: set[str] = field(default_factory=set)
    hashes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: set[tuple[str, bool]] = field(default_factory=set)


def read_requirements(file: str, read: Read) -> Requirements:
    """Reads a requirements.txt with what it includes, or the dependencies of a pyproject.toml.

    Args:
        file: Its path in the repository.
        read: Content of a path of the same commit; None where there is none.

    Raises:
        InvalidInput: It is missing, or a line is no requirement, or names a place to fetch from.
    """
    found = _Found()
    if posixpath.basename(file) == "pyproject.toml":
        _project(file, read, found)
    else:
        _file(file, read, found, False, 0)
    return _result(found, file)


def inline_requirements(lines: Iterable[str], source: str) -> Requirements:
    """The requirements that a definition gives as a list.

    Raises:
        InvalidInput: A line is no requirement.
    """
    found = _Found()
    for line in lines:
        found.lines.add(_requirement(line, source, 0))
    return _result(found, source)


def _result(found: _Found, source: str) -> Requirements:
    if len(found.lines) + len(found.constraints) > _MOST:
        raise RequirementError(source, 0, f"more than {_MOST} requirements")
    return Requirements(tuple(sorted(found.lines)), tuple(sorted(found.constraints)), found.hashes or None, source)


def _content(file: str, read: Read, origin: str, line: int) -> str:
    data = read(file)
    if data is None:
        raise RequirementError(origin, line, f"{file} is not in the commit", "check `requirements` in the definition")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequirementError(file, 0, "it is not UTF-8 text") from error


def _project(file: str, read: Read, found: _Found) -> None:
    try:
        document = tomllib.loads(_content(file, read, file, 0))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RequirementError(file, 0, f"not TOML: {error}") from error
    project = document.get("project", {})
    if "project" not in document and isinstance(document.get("tool"), dict) and "poetry" in document["tool"]:
        remedy = "list them under [project] dependencies, or name a requirements file with `requirements`"
        raise RequirementError(file, 0, "its dependencies are written for Poetry alone", remedy)
    if not isinstance(project, dict):
        raise RequirementError(file, 0, "[project] is no table")
    if "dependencies" in project.get("dynamic", ()):
        remedy = "write them down, or give the definition `requirements`: a file, or a list (which may be empty)"
        raise RequirementError(file, 0, "its dependencies are dynamic: only running its build would tell them", remedy)
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(item, str) for item in dependencies):
        raise RequirementError(file, 0, "[project] dependencies must be a list of strings")
    for item in dependencies:
        found.lines.add(_requirement(item, file, 0))


def _file(file: str, read: Read, found: _Found, constraint: bool, depth: int, origin: str = "", at: int = 0) -> None:
    if depth > _DEEPEST:
        raise RequirementError(origin, at, "requirement files include each other too deeply")
    if (file, constraint) in found.files:
        return
    found.files.add((file, constraint))
    content = _content(file, read, origin or file, at)
    if "\x00" in content:
        raise RequirementError(file, content.count("\n", 0, content.index("\x00")) + 1, "it holds NUL bytes")
    text = re.sub(r"\\\r?\n", lambda broken: " " * len(broken[0]) + "\x00", content)
    number = 0
    for line in text.splitlines():
        number += 1
        first = number
        number += line.count("\x00")
        words = re.sub(r"(?:^|\s)#.*$", "", line.replace("\x00", " ")).strip()
        if words.startswith("-"):
            _option(words, file, first, read, found, constraint, depth)
        elif words:
            _take(words, file, first, found, constraint)


def _take(words: str, file: str, line: int, found: _Found, constraint: bool) -> None:
    text, *options = re.split(r"\s+(?=--)", words)
    requirement = _requirement(text, file, line)
    hashes = []
    for option in options:
        given = re.fullmatch(r"--hash[= ]sha256:([0-9a-f]{64})", option.strip())
        if given is None:
            raise RequirementError(
                file, line, f"{option.split('=')[0]} is not supported here", "only --hash=sha256: is"
            )
        hashes.append(given[1])
    (found.constraints if constraint else found.lines).add(requirement)
    if hashes:
        name = canonicalize_name(Requirement(requirement).name)
        found.hashes[name] = (*found.hashes.get(name, ()), *hashes)


def _option(words: str, file: str, line: int, read: Read, found: _Found, constraint: bool, depth: int) -> None:
    try:
        name, _, rest = " ".join(shlex.split(words)).partition(" ")
    except ValueError as error:
        raise RequirementError(file, line, f"cannot be read: {error}") from error
    if "=" in name:
        name, _, rest = name.partition("=")
    elif not name.startswith("--") and len(name) > 2:
        name, rest = name[:2], name[2:]
    if name in ("--no-binary", "--only-binary", "--prefer-binary", "--require-hashes", "--pre"):
        return  # what LAMPAS takes are wheels, always with their hashes
    if name not in ("-r", "--requirement", "-c", "--constraint"):
        remedy = "list distributions by name; the package index is set for the whole node"
        raise RequirementError(file, line, f"{name} is not taken from a repository", remedy)
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), rest.strip()))
    if target.startswith(("/", "..")) or "://" in rest:
        raise RequirementError(file, line, f"{rest.strip()!r} is outside the repository")
    _file(target, read, found, constraint or name in ("-c", "--constraint"), depth + 1, file, line)


def _requirement(text: str, file: str, line: int) -> str:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).partition("\n")[0]
        hint = "list the distributions by name, as name==1.2"
        raise RequirementError(file, line, f"{text.strip()!r} is no requirement: {reason}", hint) from error
    if requirement.url:
        hint = "name a distribution of the package index; take other repositories in with `uses`"
        raise RequirementError(file, line, f"{requirement.name} is to be fetched from an address", hint)
    requirement.name = canonicalize_name(requirement.name)
    return str(requirement)
