"""Which files come with a package that is in the closure: its data, templates and static files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from lampas.core.closure.links import is_litter
from lampas.core.modules.tree import clean_root
from lampas.core.modules.values import Kind, Module

_CODE = frozenset((Kind.PACKAGE, Kind.MODULE, Kind.EXTENSION, Kind.SCRIPT))
_BESIDE = ("templates", "static")
_NOT_RUN = (".pyi", ".pyx", ".pxd", ".c", ".h")


class PackageData:
    """Files by the directory that owns them.

    A file that no import can name belongs to the nearest directory around it that holds Python modules: it comes
    as soon as one module of that directory does. `templates` and `static` at the root come with whatever stands at
    the root, packages and modules alike.

    Args:
        modules: All modules of one repository.
        root: Where its module names start.
    """

    def __init__(self, modules: Sequence[Module], root: str) -> None:
        prefix = clean_root(root)
        self._root = prefix.rstrip("/")
        owners = {_folder(module.path) for module in modules if module.kind in _CODE and module.kind is not Kind.SCRIPT}
        self._owned: dict[str, list[Module]] = defaultdict(list)
        self._beside: list[Module] = []
        for module in modules:
            if module.kind in _CODE or is_litter(module.path) or module.path.endswith(_NOT_RUN):
                continue
            owner = _owner(_folder(module.path), owners)
            if owner is not None and owner != self._root:
                self._owned[owner].append(module)
            elif module.path.startswith(tuple(f"{prefix}{name}/" for name in _BESIDE)):
                self._beside.append(module)

    def take(self, module: Module) -> Iterable[tuple[str, Module]]:
        """What comes with a module, as (provenance, file); each file is given once."""
        if module.kind not in _CODE:
            return
        for data in self._owned.pop(_folder(module.path), ()):
            yield "package data", data
        beside, self._beside = self._beside, []
        for data in beside:
            yield data.path.removeprefix(clean_root(self._root)).partition("/")[0].removesuffix("s"), data


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _owner(folder: str, owners: set[str]) -> str | None:
    while folder not in owners:
        if not folder:
            return None
        folder = _folder(folder)
    return folder
