"""TOML text → definitions."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from lampas.core.definition.checks import Bad
from lampas.core.definition.errors import DefinitionError, UnknownKey
from lampas.core.definition.keys import APP, ENTRY, MODULE, NESTED, Key
from lampas.core.definition.values import Definition
from lampas.core.names import AppName, RepositoryName, app_name, repository_name
from lampas.errors import InvalidInput

_LARGEST = 1 << 20  # bytes
_HEADER = re.compile(r"\s*\[\s*app\s*\.\s*[\"']?([a-z0-9-]+)[\"']?(?:\s*\.\s*(\w+))?\s*\]")
_KEY = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=")


def parse(text: str | bytes, file: str, repository: RepositoryName | None = None) -> dict[AppName, Definition]:
    """Reads all definitions of one file.

    Args:
        text: The file's content.
        file: Its path, for errors: `lampas.toml` or `apps/NAME.toml`.
        repository: The repository that holds a `lampas.toml`; None in `cluster`, where each table names its own.

    Returns:
        The definitions by name.

    Raises:
        InvalidInput: Something in it is not as docs/formats/lampas-toml.md says; the message names file and key.
    """
    raw, source = _document(text, file)
    _known(raw, ("app", "module"), "", file)
    apps = _table(raw.get("app", {}), "app", file)
    needs = {
        name: _filled(_table(table, f"module.{name}", file), MODULE, f"module.{name}", file).get("needs", ())
        for name, table in _table(raw.get("module", {}), "module", file).items()
    }
    lines = _lines(source)
    found = {}
    for name, table in apps.items():
        try:
            app = app_name(name)
        except InvalidInput as error:
            raise DefinitionError(file, f"app.{name}", error.message, error.remedy) from error
        found[app] = _definition(app, _table(table, f"app.{name}", file), file, repository, needs, lines.get(name, {}))
    return found


def parse_app(text: str | bytes, app: AppName) -> Definition:
    """Reads `apps/NAME.toml` of the repository `cluster`: exactly one definition, of that name.

    Raises:
        InvalidInput: As `parse`, or it defines another application.
    """
    file = f"apps/{app}.toml"
    found = parse(text, file)
    if set(found) != {app}:
        names = ", ".join(sorted(found)) or "nothing"
        raise DefinitionError(file, "app", f"must define {app} alone, and defines {names}", f"write [app.{app}]")
    return found[app]


def _document(text: str | bytes, file: str) -> tuple[dict[str, Any], str]:
    if len(text) > _LARGEST:
        raise DefinitionError(file, "", f"{len(text):,} bytes are too many for a definition")
    try:
        source = text.decode() if isinstance(text, bytes) else text
        return tomllib.loads(source.replace("\r\n", "\n")), source
    except UnicodeDecodeError as error:
        raise DefinitionError(file, "", "it is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(file, "", f"not TOML: {error}", "see https://toml.io") from error
    except RecursionError as error:
        raise DefinitionError(file, "", "not TOML that can be read: it is nested too deeply") from error


def _definition(
    app: AppName,
    table: Mapping[str, Any],
    file: str,
    repository: RepositoryName | None,
    needs: Mapping[str, tuple[str, ...]],
    lines: Mapping[str, int],
) -> Definition:
    where = f"app.{app}"
    _known(table, [*APP, *NESTED], where, file)
    values = _filled({key: value for key, value in table.items() if key in APP}, APP, where, file)
    for group, keys in NESTED.items():
        values |= _filled(_table(table.get(group, {}), f"{where}.{group}", file), keys, f"{where}.{group}", file)
    if "entry" not in values:
        raise DefinitionError(file, where, "has no entry", 'write entry = "module:attribute"')
    check = ENTRY[values.get("runtime", "python")]
    values["entry"] = _checked(check, values["entry"], f"{where}.entry", file)
    values["repository"] = _repository(values.get("repository"), repository, where, file)
    return Definition(name=app, file=file, needs=needs, lines=lines, **values)


def _repository(named: str | None, own: RepositoryName | None, where: str, file: str) -> RepositoryName:
    key = f"{where}.repository"
    if own is None:
        if named is None:
            raise DefinitionError(file, where, "has no repository", 'write repository = "NAME": where its code stands')
        return RepositoryName(str(_checked(repository_name, named, key, file)))
    if named is not None and named != own:
        message = f"stands only in the repository cluster; here the code is that of {own}"
        raise DefinitionError(file, key, message, "take it out, or take other repositories in with `uses`")
    return own


def _filled(table: Mapping[str, Any], keys: Mapping[str, Key], where: str, file: str) -> dict[str, Any]:
    _known(table, keys, where, file)
    return {
        keys[name].attribute: _checked(keys[name].check, value, f"{where}.{name}", file)
        for name, value in table.items()
    }


def _checked(check: Any, value: Any, key: str, file: str) -> Any:
    try:
        return check(value)
    except Bad as error:
        raise DefinitionError(file, key, str(error), error.remedy) from error
    except InvalidInput as error:
        raise DefinitionError(file, key, error.message, error.remedy) from error


def _table(value: Any, key: str, file: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DefinitionError(file, key, "must be a table", f"write [{key}]")
    return value


def _known(table: Mapping[str, Any], known: Collection[str], where: str, file: str) -> None:
    for key in table:
        if key not in known:
            near = [name for name in known if key.startswith(name)] or difflib.get_close_matches(key, known, n=1)
            dotted = f"{where}.{key}" if where else key
            raise UnknownKey(file, dotted, near[0] if near else "", ", ".join(known))


def _lines(text: str) -> dict[str, dict[str, int]]:
    """The line of each key of each application, as far as a look at the text tells: it serves reasons alone."""
    found: dict[str, dict[str, int]] = {}
    here: dict[str, int] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            header = _HEADER.match(line)
            if header:
                here = found.setdefault(header[1], {})
                here.setdefault(header[2] or "", number)
            here = here if header and not header[2] else None
        elif here is not None and (key := _KEY.match(line)):
            here.setdefault(key[1], number)
    return found
