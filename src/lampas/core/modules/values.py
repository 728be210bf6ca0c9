"""Values of modules: what a file of a repository is, and what was read in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lampas.core.names import Oid, RepositoryName


class Kind(StrEnum):
    """What a file is to the engine."""

    PACKAGE = "package"  # an `__init__.py`
    MODULE = "module"  # another importable Python file
    EXTENSION = "extension"  # a compiled Python module
    SCRIPT = "script"  # Python that no import can name, such as `manage-all.py`
    TEMPLATE = "template"
    STATIC = "static"
    DATA = "data"


class When(StrEnum):
    """Under which condition an import runs."""

    ALWAYS = "always"
    DEFERRED = "deferred"  # in the body of a function: at run time, when somebody calls it
    OPTIONAL = "optional"  # in try/except ImportError, or under a test of platform or version
    TYPING = "typing"  # under TYPE_CHECKING: never at run time


@dataclass(frozen=True)
class Module:
    """One file of a repository. `name` is what it is imported by; its path where nothing can import it."""

    repository: RepositoryName
    path: str
    name: str
    kind: Kind
    oid: Oid


@dataclass(frozen=True)
class Import:
    """One import statement, or a call of import_module with a literal.

    Attributes:
        module: The dotted name; "" for `from . import x`.
        names: What a `from` import takes; `("*",)` for a star; () for a plain import.
        level: The number of leading dots.
        line: Where it stands, from 1.
        when: Under which condition it runs.
        provenance: "import"; "string" for a literal given to import_module; "computed" where only the front of the
            name is known, so that `module` is a package of which any module may be meant; `names` is then `("*",)`
            for its direct modules, `("back_*",)` for those that begin so, and `("**",)` for all below it.
    """

    module: str
    names: tuple[str, ...]
    level: int
    line: int
    when: When = When.ALWAYS
    provenance: str = "import"


@dataclass(frozen=True)
class FileName:
    """A string of the code that looks like the name of a file or of a module, and its line."""

    text: str
    line: int


@dataclass(frozen=True)
class Text:
    """A string with the place that it is given to, for the rules of frameworks.

    Attributes:
        text: The string; the front of it where it is computed.
        line: Where it stands, from 1.
        context: What it is given to: `INSTALLED_APPS` a variable, `DATABASES.ENGINE` a key in it, `include()` a call,
            `template_folder=` an argument, `extends` a tag, `console_scripts` a group of entry points.
        computed: Whether only its front is known.
    """

    text: str
    line: int
    context: str
    computed: bool = False


@dataclass(frozen=True)
class Facts:
    """What an analyser read in one revision. `problems` says what it could not read, in words for people."""

    imports: tuple[Import, ...] = ()
    problems: tuple[str, ...] = ()
    files: tuple[FileName, ...] = ()
    texts: tuple[Text, ...] = ()

    def __or__(self, other: Facts) -> Facts:
        """The facts of a blob that two analysers read, since two files of different kinds have it."""
        return Facts(
            self.imports + other.imports,
            self.problems + other.problems,
            self.files + other.files,
            self.texts + other.texts,
        )

    def encode(self) -> dict[str, Any]:
        """As compact JSON values."""
        rows = [[i.module, list(i.names), i.level, i.line, i.when.value, i.provenance] for i in self.imports]
        files = [[file.text, file.line] for file in self.files]
        texts = [[text.text, text.line, text.context, int(text.computed)] for text in self.texts]
        found = {"imports": rows, "problems": list(self.problems), "files": files, "texts": texts}
        return {key: value for key, value in found.items() if value}

    @staticmethod
    def decode(raw: Mapping[str, Any]) -> Facts:
        """Reads what `encode` wrote."""
        rows = (
            Import(module, tuple(names), level, line, _WHEN[when], provenance)
            for module, names, level, line, when, provenance in raw.get("imports", ())
        )
        files = (FileName(text, line) for text, line in raw.get("files", ()))
        texts = (Text(text, line, context, bool(computed)) for text, line, context, computed in raw.get("texts", ()))
        return Facts(tuple(rows), tuple(raw.get("problems", ())), tuple(files), tuple(texts))


_WHEN = {when.value: when for when in When}
