"""Requirements and Debian packages added to what a file says, everything else as it stands."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lampas.core.definition.arrays import with_items
from lampas.core.definition.errors import DefinitionError
from lampas.core.definition.parsing import parse
from lampas.core.definition.values import Definition
from lampas.core.distributions.projects import RequirementError, parse_project
from lampas.core.names import AppName, RepositoryName

_BY_HAND = "add them by hand"


def to_definition(
    text: str, file: str, app: AppName, lines: Sequence[str], repository: RepositoryName | None = None
) -> str:
    """The text of a definition whose requirements are a list in it, or nothing yet.

    Args:
        text: The file's content.
        file: Its path.
        app: The application.
        lines: Requirements, checked.
        repository: As for `parse`.

    Raises:
        InvalidInput: The file is not right, or is written in a way that only a person can change.
    """
    had = _defined(text, file, app, repository).requirements
    wanted = (*(had if isinstance(had, tuple) else ()), *lines)
    if isinstance(had, str):
        raise _written_otherwise(file, app, "requirements")
    return _with(text, file, app, "requirements", lines, wanted, repository)


def packages(text: str, file: str, app: AppName, names: Sequence[str], repository: RepositoryName | None = None) -> str:
    """The text of a definition that asks for more Debian packages.

    Args:
        text: The file's content.
        file: Its path.
        app: The application.
        names: The packages, checked.
        repository: As for `parse`.

    Raises:
        InvalidInput: The file is not right, or is written in a way that only a person can change.
    """
    wanted = (*_defined(text, file, app, repository).packages, *names)
    return _with(text, file, app, "packages", names, wanted, repository)


def _defined(text: str, file: str, app: AppName, repository: RepositoryName | None) -> Definition:
    found = parse(text, file, repository)
    if app not in found:
        raise DefinitionError(file, f"app.{app}", "is not defined here")
    return found[app]


def _with(
    text: str,
    file: str,
    app: AppName,
    key: str,
    more: Sequence[str],
    wanted: tuple[str, ...],
    repository: RepositoryName | None,
) -> str:
    """The text with more items under a key, proven by parsing it again: nothing else is another."""
    changed = with_items(text, rf"app\s*\.\s*[\"']?{re.escape(app)}[\"']?", key, more)
    if changed is not None:
        before, after = parse(text, file, repository), parse(changed, file, repository)
        changes: dict[str, Any] = {key: wanted}
        if after == {**before, app: replace(before[app], **changes)}:
            return changed
    raise _written_otherwise(file, app, key)


def _written_otherwise(file: str, app: AppName, key: str) -> DefinitionError:
    return DefinitionError(file, f"app.{app}.{key}", "is written in a way that is not changed by program", _BY_HAND)


def to_file(text: str, file: str, lines: Sequence[str]) -> str:
    """The text of a requirements file, or of a pyproject.toml whose dependencies are a list in it.

    Args:
        text: The file's content.
        file: Its path.
        lines: Requirements, checked.

    Raises:
        InvalidInput: It is written in a way that only a person can change.
    """
    if posixpath.basename(file) != "pyproject.toml":
        return text + ("" if text.endswith("\n") or not text else "\n") + "".join(f"{line}\n" for line in lines)
    before = parse_project(text, file)
    changed = with_items(text, "project", "dependencies", lines)
    if changed is None or parse_project(changed, file) != replace(before, dependencies=(*before.dependencies, *lines)):
        raise RequirementError(
            file, 0, "its dependencies are written in a way that is not changed by program", _BY_HAND
        )
    return changed
