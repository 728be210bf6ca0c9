"""Requirements added to what a definition or a requirement file says, everything else as it stands."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace

from lampas.core.definition.arrays import with_items
from lampas.core.definition.errors import DefinitionError
from lampas.core.definition.parsing import parse
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
    before = parse(text, file, repository)
    if app not in before:
        raise DefinitionError(file, f"app.{app}", "is not defined here")
    had = before[app].requirements
    changed = with_items(text, rf"app\s*\.\s*[\"']?{re.escape(app)}[\"']?", "requirements", lines)
    wanted = (*(had if isinstance(had, tuple) else ()), *lines)
    if changed is not None and not isinstance(had, str):
        after = parse(changed, file, repository)
        if after == {**before, app: replace(before[app], requirements=wanted)}:
            return changed
    raise DefinitionError(
        file, f"app.{app}.requirements", "is written in a way that is not changed by program", _BY_HAND
    )


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
