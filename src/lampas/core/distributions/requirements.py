"""Requirement files → `Requirements`. They come from anybody who may push, so nothing in them names a place to
fetch from, a file of this machine, or an option of the program that reads them."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lampas.core.distributions.projects import RequirementError, parse_project, split_extras
from lampas.core.distributions.values import Requirements

_DEEPEST = 10  # files that include each other
_MOST = 2000  # requirements
Read = Callable[[str], bytes | None]


@dataclass
class _Found:
    lines: set[str] = field(default_factory=set)
    constraints: set[str] = field(default_factory=set)
    hashes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: set[tuple[str, bool]] = field(default_factory=set)
    projects: set[tuple[str, frozenset[str]]] = field(default_factory=set)


def read_requirements(file: str, read: Read) -> Requirements:
    """Reads a requirements.txt with what it includes, or the dependencies of a pyproject.toml.

    Args:
        file: Its path in the repository; behind that of a pyproject.toml its extras may stand, `[redis,postgres]`.
        read: Content of a path of the same commit; None where there is none.

    Raises:
        InvalidInput: It is missing, or a line is no requirement, or names a place to fetch from.
    """
    found = _Found()
    path, extras = split_extras(file)
    if posixpath.basename(path) == "pyproject.toml":
        _project(path, extras, read, found)
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


def _project(file: str, extras: frozenset[str], read: Read, found: _Found, origin: str = "", at: int = 0) -> None:
    project = parse_project(_content(file, read, origin or file, at), file)
    for item in project.required(extras):
        found.lines.add(_requirement(item, file, 0))
    for included in project.included(extras):
        _file(posixpath.normpath(posixpath.join(posixpath.dirname(file), included)), read, found, False, 1, file)


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
        elif words.startswith("."):
            _local(words, file, first, read, found)
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
    if name in ("-e", "--editable") and rest.strip().startswith("."):
        _local(rest, file, line, read, found)
        return
    if name not in ("-r", "--requirement", "-c", "--constraint"):
        remedy = "list distributions by name; the package index is set for the whole node"
        raise RequirementError(file, line, f"{name} is not taken from a repository", remedy)
    target = _inside(rest, file, line)
    _file(target, read, found, constraint or name in ("-c", "--constraint"), depth + 1, file, line)


def _local(words: str, file: str, line: int, read: Read, found: _Found) -> None:
    """A project of the repository itself, `.` or `-e ./lib[extra]`: its code is there already, so what counts is what
    it depends on."""
    folder, extras = split_extras(words.strip())
    target = _inside(folder, file, line)
    if (target, extras) not in found.projects:
        found.projects.add((target, extras))
        _project(posixpath.normpath(posixpath.join(target, "pyproject.toml")), extras, read, found, file, line)


def _inside(path: str, file: str, line: int) -> str:
    """A path that a file names, from the top of the repository."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path.strip()))
    if target.startswith(("/", "..")) or "://" in path:
        raise RequirementError(file, line, f"{path.strip()!r} is outside the repository")
    return target


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
