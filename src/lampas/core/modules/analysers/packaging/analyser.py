"""The packaging analyser: pyproject.toml, setup.cfg, entry_points.txt and alembic.ini, read and never run."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from lampas.core.modules.analysers.decoding import decoded
from lampas.core.modules.values import Facts, Text

NAME = "packaging"
VERSION = 1
LARGEST = 256 << 10  # bytes of one file
FILES = frozenset(("pyproject.toml", "setup.cfg", "entry_points.txt", "alembic.ini"))
MOST = 1000
_TARGET = re.compile(r"[A-Za-z_][\w.]{0,300}(?::[\w.]{1,300})?")
_LINE = re.compile(r"^[ \t]*[^\s=\[\]#]{1,200}[ \t]*=[ \t]*(?P<target>[^\s\[\]#]{1,400})", re.MULTILINE)


def analyse(source: bytes, file: str = "") -> Facts:
    """Reads the entry points of one file.

    Args:
        source: The file's bytes, whatever they are.
        file: The last part of its path.

    Returns:
        Texts whose context is the group of the entry point, prefixed with `entry-point:`; `script_location` for the
        directory of Alembic's migrations.
    """
    text, problems = decoded(source, LARGEST)
    if file == "pyproject.toml":
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            return Facts(problems=(f"not TOML: {str(error)[:200]}",))
        found = _project(document)
    else:
        reader = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#", ";"))
        reader.optionxform = str  # type: ignore[assignment,method-assign]
        try:
            reader.read_string(text)
        except configparser.Error as error:
            return Facts(problems=(f"cannot be read: {str(error)[:200]}",))
        found = _sections(reader, file)
    texts = [Text(name, _line(text, name), context) for name, context in found]
    return Facts(problems=problems, texts=tuple(texts[:MOST]))


def _project(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    project, tool = _table(document, "project"), _table(document, "tool")
    groups = dict(_table(project, "entry-points"))
    groups |= {"console_scripts": project.get("scripts"), "gui_scripts": project.get("gui-scripts")}
    for name, group in _table(_table(tool, "poetry"), "plugins").items():
        groups.setdefault(name, group)
    for name, group in groups.items():
        for target in group.values() if isinstance(group, dict) else ():
            if isinstance(target, str) and _TARGET.match(target):
                yield target.split("[")[0].strip(), f"entry-point:{name}"


def _table(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _sections(reader: configparser.RawConfigParser, file: str) -> Iterator[tuple[str, str]]:
    for section in reader.sections():
        for key, value in reader.items(section):
            if file == "alembic.ini":
                if key == "script_location" and value:
                    yield value.removeprefix("%(here)s/").strip(), "script_location"
            elif file == "entry_points.txt":
                if _TARGET.match(value or ""):
                    yield value.split("[")[0].strip(), f"entry-point:{section}"
            elif section == "options.entry_points":
                yield from ((line["target"], f"entry-point:{key}") for line in _LINE.finditer(value or ""))


def _line(text: str, name: str) -> int:
    """The first line that holds a text, from 1."""
    return text.count("\n", 0, max(0, text.find(name))) + 1
