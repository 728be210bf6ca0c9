"""Which analyser reads which file."""

from __future__ import annotations

from collections.abc import Iterable

from lampas.core.modules.analysers.assets import analyser as assets
from lampas.core.modules.analysers.packaging import analyser as packaging
from lampas.core.modules.analysers.protocol import Analyser
from lampas.core.modules.analysers.python import analyser as python
from lampas.core.modules.analysers.sql import analyser as sql
from lampas.core.modules.analysers.templates import analyser as templates
from lampas.core.modules.values import Kind, Module
from lampas.core.names import Oid

ALL: tuple[Analyser, ...] = (python, templates, packaging, sql, assets)
_PYTHON = frozenset((Kind.PACKAGE, Kind.MODULE, Kind.SCRIPT))
_BY_ENDING: dict[str, Analyser] = {
    **dict.fromkeys(("html", "htm", "xhtml", "djhtml", "jinja", "jinja2", "j2", "mako"), templates),
    **dict.fromkeys(("css", "js", "mjs", "scss", "sass", "less"), assets),
    "sql": sql,
}


def analyser_of(module: Module) -> Analyser | None:
    """What reads a file; None where nothing is to be read in it.

    Args:
        module: The file. Only its kind and the last part of its path count.
    """
    if module.kind in _PYTHON:
        return python
    file = module.path.rpartition("/")[2]
    if file in packaging.FILES:
        return packaging
    found = _BY_ENDING.get(file.rpartition(".")[2].lower())
    return templates if found is None and module.kind is Kind.TEMPLATE and file.endswith((".txt", ".xml")) else found


def by_analyser(found: Iterable[Module]) -> list[tuple[Analyser, dict[Oid, Module]]]:
    """Files by what reads them; of several files with one content, the first stands for all.

    Args:
        found: Files of any repositories.
    """
    groups: dict[str, dict[Oid, Module]] = {one.NAME: {} for one in ALL}
    for module in found:
        if (one := analyser_of(module)) is not None:
            groups[one.NAME].setdefault(module.oid, module)
    return [(one, groups[one.NAME]) for one in ALL if groups[one.NAME]]
