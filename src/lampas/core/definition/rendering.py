"""Definition → TOML text, and changes of a text that keep what a person wrote around them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from lampas.core.definition.errors import DefinitionError
from lampas.core.definition.keys import APP, NESTED
from lampas.core.definition.parsing import parse
from lampas.core.definition.values import FILE, Definition
from lampas.core.names import AppName, RepositoryName

_TABLES = ("env", "files", "waive")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def render(definition: Definition) -> str:
    """The definition as TOML: keys that have their default are left out. Parsed again, it is equal."""
    defaults = {field.name: field.default for field in fields(Definition)}
    lines = [f"[app.{definition.name}]"]
    for name, key in APP.items():
        value = getattr(definition, key.attribute)
        if name in _TABLES or (name == "repository" and definition.file == FILE):
            continue
        if value not in (defaults[key.attribute], {}, ()) or (name == "requirements" and value is not None):
            lines.append(f"{name} = {_value(value)}")
    for name in _TABLES:
        if table := getattr(definition, name):
            lines += ["", f"[app.{definition.name}.{name}]", *_pairs(table)]
    for group, keys in NESTED.items():
        values = {name: getattr(definition, key.attribute) for name, key in keys.items()}
        if any(values.values()):
            lines += ["", f"[app.{definition.name}.{group}]", *_pairs({k: v for k, v in values.items() if v})]
    for module, needs in definition.needs.items():
        lines += ["", f"[module.{_key(module)}]", f"needs = {_value(needs)}"]
    return "\n".join(lines) + "\n"


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in table.items()]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)


def with_env(
    text: str, file: str, app: AppName, changes: Mapping[str, str | None], repository: RepositoryName | None = None
) -> str:
    """The text of a file with variables of one application set or taken out, everything else as it stands.

    Args:
        text: The file's content.
        file: Its path.
        app: The application.
        changes: Values by name; None takes a variable out.
        repository: As for `parse`.

    Raises:
        InvalidInput: The file or a variable is not right, or the text is written in a way that only a person can
            change.
    """
    before = parse(text, file, repository)
    if app not in before:
        raise DefinitionError(file, f"app.{app}", "is not defined here")
    wanted = {name: value for name, value in {**before[app].env, **changes}.items() if value is not None}
    changed = _edited(text, app, changes)
    after = parse(changed, file, repository)
    if after.get(app) != replace(before[app], env=wanted) or {**after, app: None} != {**before, app: None}:
        raise DefinitionError(
            file, f"app.{app}.env", "is written in a way that is not changed by program", "edit the file by hand"
        )
    return changed


def _edited(text: str, app: AppName, changes: Mapping[str, str | None]) -> str:
    header = re.compile(rf"\s*\[\s*app\s*\.\s*[\"']?{re.escape(app)}[\"']?\s*\.\s*[\"']?env[\"']?\s*\]")
    lines = text.split("\n")
    at = next((number for number, line in enumerate(lines) if header.match(line)), None)
    if at is None:
        while lines and not lines[-1].strip():
            lines.pop()
        at = len(lines) + 1
        lines += ["", f"[app.{app}.env]", ""]
    end = at + 1
    while end < len(lines) and not lines[end].lstrip().startswith("["):
        end += 1
    body = [line for line in lines[at + 1 : end] if _name(line) not in changes]
    tail = []
    while body and not body[-1].strip():
        tail.append(body.pop())
    body += [f"{name} = {_value(value)}" for name, value in changes.items() if value is not None]
    return "\n".join([*lines[: at + 1], *body, *(tail or [""]), *lines[end:]])


def _name(line: str) -> str:
    found = re.match(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))\s*=", line)
    return next((name for name in found.groups() if name), "") if found else ""
