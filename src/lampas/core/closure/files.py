"""Files that no import can name, by path, by directory, and by the package that they belong to. It follows changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lampas.core.closure.links import is_litter
from lampas.core.modules.values import Kind, Module
from lampas.core.names import RepositoryName

CODE: Final = frozenset((Kind.PACKAGE, Kind.MODULE, Kind.EXTENSION, Kind.SCRIPT))
IMPORTED: Final = frozenset((Kind.PACKAGE, Kind.MODULE, Kind.EXTENSION))
_BESIDE = ("templates", "static")
_NOT_RUN = (".pyi", ".pyx", ".pxd", ".c", ".h")
_TEMPLATE_ROOTS = ("templates", "jinja2")
Place = tuple[RepositoryName, str]  # a repository, and a path or directory in it


class FileTable:
    """The files of the repositories in scope.

    A file that no import can name belongs to the nearest directory around it that holds Python modules: it comes as
    soon as one module of that directory does. `templates` and `static` at the root come with whatever stands at the
    root, packages and modules alike.

    Args:
        roots: Where module names start in each repository, as a prefix of paths: "" or with a slash at its end.

    Attributes:
        asked: What was looked up since somebody emptied it: `file NAME`, `folder REPOSITORY PATH`.
    """

    def __init__(self, roots: dict[RepositoryName, str]) -> None:
        self.asked: set[str] = set()
        self._roots = roots
        self._by_name: dict[str, dict[Place, Module]] = {}
        self._in_folder: dict[Place, dict[str, Module]] = {}  # what stands right in a directory, code and data
        self._folders: dict[Place, set[str]] = {}  # the directories right in a directory
        self._code: dict[Place, int] = {}  # how many modules stand right in a directory

    def add(self, module: Module) -> list[str]:
        """Takes a file in. Returns what changed, in the words of `asked`."""
        return self._change(module, added=True)

    def remove(self, module: Module) -> list[str]:
        """Lets a file go. Returns what changed."""
        return self._change(module, added=False)

    def replace(self, module: Module) -> None:
        """Takes another content of a file that it has."""
        folder, _, name = module.path.rpartition("/")
        self._by_name[name][module.repository, module.path] = module
        self._in_folder[module.repository, folder][module.path] = module

    def _change(self, module: Module, *, added: bool) -> list[str]:
        folder, _, name = module.path.rpartition("/")
        repository = module.repository
        here = (repository, folder)
        if module.kind in IMPORTED:
            self._code[here] = self._code.get(here, 0) + (1 if added else -1)
        if added:
            self._by_name.setdefault(name, {})[repository, module.path] = module
            self._in_folder.setdefault(here, {})[module.path] = module
        else:
            self._by_name.get(name, {}).pop((repository, module.path), None)
            self._in_folder.get(here, {}).pop(module.path, None)
        changed = [f"file {name}", f"folder {repository} {folder}"]
        while folder:
            folder, _, last = folder.rpartition("/")
            if added:
                self._folders.setdefault((repository, folder), set()).add(last)
            changed.append(f"folder {repository} {folder}")
        return changed

    def file(self, repository: RepositoryName, path: str) -> Module | None:
        """The file of a path that no import can name; scripts count as none."""
        name = path.rpartition("/")[2]
        self.asked.add(f"file {name}")
        found = self._by_name.get(name, {}).get((repository, path))
        return found if found is not None and found.kind not in CODE and not is_litter(path) else None

    def named(self, name: str) -> list[Module]:
        """All files of a name, code included, sorted."""
        self.asked.add(f"file {name}")
        found = self._by_name.get(name, {}).values()
        return sorted(found, key=lambda module: (module.repository, module.path))

    def ending(self, name: str) -> list[Module]:
        """The files whose path ends in a path, sorted; code apart."""
        tail = name.strip("/")
        last = tail.rpartition("/")[2]
        self.asked.add(f"file {last}")
        found = [
            module
            for module in self._by_name.get(last, {}).values()
            if module.kind not in CODE and (module.path == tail or module.path.endswith(f"/{tail}"))
        ]
        return sorted(found, key=lambda module: (module.repository, module.path))

    def templates(self, name: str, near: Module) -> list[Module]:
        """The templates that a name leads to from a file: of all that have it under a root, the nearest ones."""
        found = [module for module in self.ending(name) if _root_of(module.path, name.strip("/")) is not None]
        if not found:
            return []
        depth = {module: _shared(module, near) for module in found}
        best = max(depth.values())
        return [module for module in found if depth[module] == best]

    def has_code(self, place: Place) -> bool:
        """Whether Python modules stand right in a directory."""
        return self._code.get(place, 0) > 0

    def owned(self, place: Place) -> Iterator[Module]:
        """The data of a directory with modules: down to the next directory that has modules of its own."""
        repository, folder = place
        self.asked.add(f"folder {repository} {folder}")
        if f"{folder}/" == self._roots[repository] or (not folder and not self._roots[repository]):
            return
        yield from self._below(place, stop=True)

    def beside(self, repository: RepositoryName) -> Iterator[tuple[str, Module]]:
        """What stands in `templates` and `static` at the root, with the word for it."""
        root = self._roots[repository]
        for name in _BESIDE:
            place = (repository, f"{root}{name}")
            self.asked.add(f"folder {repository} {root}{name}")
            if self._has(place) and not self.has_code(place):
                for module in self._below(place, stop=True):
                    yield name.removesuffix("s"), module

    def under(self, place: Place) -> Iterator[Module]:
        """Every file below a directory that is not code."""
        self.asked.add(f"folder {place[0]} {place[1]}")
        yield from self._below(place, stop=False)

    def folders(self, place: Place) -> list[str]:
        """The names of the directories right in a directory, sorted."""
        self.asked.add(f"folder {place[0]} {place[1]}")
        return sorted(self._folders.get(place, ()))

    def inside(self, place: Place) -> list[Module]:
        """The files right in a directory, sorted by path, code included."""
        self.asked.add(f"folder {place[0]} {place[1]}")
        return [module for _, module in sorted(self._in_folder.get(place, {}).items())]

    def root(self, repository: RepositoryName) -> str:
        """Where module names start, as a prefix of paths."""
        return self._roots[repository]

    def _has(self, place: Place) -> bool:
        return place in self._in_folder or place in self._folders

    def _below(self, place: Place, *, stop: bool) -> Iterator[Module]:
        repository, top = place
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            for _, module in sorted(self._in_folder.get((repository, folder), {}).items()):
                if module.kind not in CODE and not is_litter(module.path) and not module.path.endswith(_NOT_RUN):
                    yield module
            for name in sorted(self._folders.get((repository, folder), ()), reverse=True):
                inner = f"{folder}/{name}".lstrip("/")
                if not (stop and self.has_code((repository, inner))):
                    waiting.append(inner)


def _root_of(path: str, name: str) -> str | None:
    """The directory of templates that a path stands in, if the rest of the path is the name."""
    root = path[: len(path) - len(name)].rstrip("/")
    return root if root.rpartition("/")[2] in _TEMPLATE_ROOTS or not root else None


def _shared(module: Module, near: Module) -> int:
    """How many directories two files share; -1 in different repositories."""
    if module.repository != near.repository:
        return -1
    shared = 0
    for left, right in zip(module.path.split("/")[:-1], near.path.split("/")[:-1], strict=False):
        if left != right:
            break
        shared += 1
    return shared
