"""pyproject.toml → what a project depends on, read and never run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lampas.errors import InvalidInput

_EXTRAS = re.compile(r"(.*?)\[([\w\s.,-]*)\]")


class RequirementError(InvalidInput):
    """A requirement file cannot be used; `file` and `line` say where."""

    def __init__(self, file: str, line: int, message: str, remedy: str = "") -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}", remedy)
        self.file = file
        self.line = line


@dataclass(frozen=True)
class Project:
    """What a pyproject.toml says of a project.

    Attributes:
        file: Its path.
        name: The project's normalised name; "" where it has none.
        dependencies: What it depends on.
        extras: What each of its extras adds, by normalised name.
        files: Requirement files that hold its dependencies, and those of its extras ("" → of the project itself).
    """

    file: str
    name: str
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]
    files: Mapping[str, tuple[str, ...]]

    def required(self, extras: Collection[str]) -> Iterator[str]:
        """Its requirements, with those of some extras.

        Raises:
            RequirementError: It has no such extra.
        """
        yield from self.dependencies
        for extra in self._reached(extras):
            for line in self.extras.get(extra, ()):
                if not self._names_itself(line):
                    yield line

    def included(self, extras: Collection[str]) -> Iterator[str]:
        """Its requirement files, with those of some extras, from its own directory."""
        for extra in ("", *self._reached(extras)):
            yield from self.files.get(extra, ())

    def _reached(self, extras: Collection[str]) -> tuple[str, ...]:
        """Extras may be made of others: `all = ["project[redis,postgres]"]`."""
        found: dict[str, None] = {}
        waiting = sorted(extras)
        while waiting:
            extra = canonicalize_name(waiting.pop())
            if extra in found:
                continue
            if extra not in self.extras and extra not in self.files:
                known = ", ".join(sorted({*self.extras, *self.files} - {""})) or "none"
                raise RequirementError(self.file, 0, f"it has no extra {extra!r}", f"it has: {known}")
            found[extra] = None
            waiting += [each for line in self.extras.get(extra, ()) for each in self._names_itself(line)]
        return tuple(found)

    def _names_itself(self, line: str) -> Sequence[str]:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            return ()
        return sorted(requirement.extras) if self.name and canonicalize_name(requirement.name) == self.name else ()


def split_extras(text: str) -> tuple[str, frozenset[str]]:
    """`pyproject.toml[redis,postgres]` → the path, and the extras."""
    found = _EXTRAS.fullmatch(text)
    if found is None:
        return text, frozenset()
    return found[1].strip(), frozenset(extra.strip() for extra in found[2].split(",") if extra.strip())


def parse_project(text: str, file: str) -> Project:
    """Reads a pyproject.toml.

    Args:
        text: Its content.
        file: Its path, for errors.

    Raises:
        RequirementError: It is no TOML, or only running its build would tell what it depends on.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RequirementError(file, 0, f"not TOML: {error}") from error
    project = document.get("project", {})
    tool = _table(document.get("tool"))
    if "project" not in document and "poetry" in tool:
        remedy = "list them under [project] dependencies, or name a requirements file with `requirements`"
        raise RequirementError(file, 0, "its dependencies are written for Poetry alone", remedy)
    if not isinstance(project, dict):
        raise RequirementError(file, 0, "[project] is no table")
    extras = project.get("optional-dependencies", {})
    if not isinstance(extras, dict):
        raise RequirementError(file, 0, "[project] optional-dependencies is no table")
    return Project(
        file=file,
        name=canonicalize_name(str(project.get("name", ""))),
        dependencies=_lines(project.get("dependencies", []), file, "dependencies"),
        extras={canonicalize_name(name): _lines(lines, file, name) for name, lines in extras.items()},
        files=_dynamic(project, tool, file),
    )


def _dynamic(project: Mapping[str, Any], tool: Mapping[str, Any], file: str) -> dict[str, tuple[str, ...]]:
    """Requirement files that setuptools would read: a name in a table, so nothing has to run for it."""
    wanted = project.get("dynamic", ())
    tables = _table(_table(tool.get("setuptools")).get("dynamic"))
    found: dict[str, tuple[str, ...]] = {}
    if "dependencies" in wanted:
        found[""] = _named(tables.get("dependencies"))
        if not found[""]:
            remedy = "write them down, or give the definition `requirements`: a file, or a list (which may be empty)"
            told = "its dependencies are dynamic: only running its build would tell them"
            raise RequirementError(file, 0, told, remedy)
    if "optional-dependencies" in wanted:
        named = _table(tables.get("optional-dependencies"))
        found |= {canonicalize_name(extra): _named(table) for extra, table in named.items()}
    return found


def _named(table: Any) -> tuple[str, ...]:
    files = _table(table).get("file", [])
    return tuple(str(name) for name in ([files] if isinstance(files, str) else files))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _lines(value: Any, file: str, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RequirementError(file, 0, f"[project] {what} must be a list of strings")
    return tuple(value)
