"""Pure decisions of a build: where members go, what names a release, what its manifest says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from lampas.core.closure.values import Closure
from lampas.core.definition.values import Definition
from lampas.core.modules.tree import clean_root
from lampas.core.modules.values import Kind
from lampas.core.names import AppName, ReleaseId, RepositoryName, Sha256
from lampas.core.nodestate import Manifest, ManifestFile, ManifestWheel
from lampas.core.release.values import BuiltFile, Content, TreeFile
from lampas.errors import Conflict

BUILDER = 1  # grows when the same inputs would give another tree
PYTHON = "3.11"
TAG = "cpython-311"
_CODE = (Kind.PACKAGE, Kind.MODULE, Kind.SCRIPT)
_EXECUTABLE = 0o111


def tree_files(closure: Closure, root: str, roots: Mapping[RepositoryName, str]) -> tuple[TreeFile, ...]:
    """Where each member goes under `code/`: files of the application's repository stand where they stand there,
    those of other repositories where their module names lead.

    Args:
        closure: The closure.
        root: Where module names start in the release.
        roots: Where they start in each repository.

    Returns:
        The files, sorted by path.

    Raises:
        Conflict: Two repositories have a file for one place.
    """
    found: dict[str, TreeFile] = {}
    for member in closure.members:
        path = member.path
        if member.repository != closure.repository:
            path = clean_root(root) + path.removeprefix(clean_root(roots[member.repository]))
        compiled = member.kind in _CODE and path.endswith(".py")
        file = TreeFile(path, member.repository, member.revision, member.mode, compiled)
        other = found.setdefault(path, file)
        if other.oid != file.oid:
            raise Conflict(
                f"{other.repository} and {file.repository} both have {path}, with different content",
                "take one of the repositories out of `uses`, or rename the file",
            )
    return tuple(found[path] for path in sorted(found))


def inputs(
    app: AppName, closure: Closure, files: Sequence[TreeFile], output: Sequence[Sequence[str | int]] = ()
) -> bytes:
    """Everything that a release's tree is made from, as canonical JSON; with settings it names the release.

    Args:
        app: The application.
        closure: Its distributions.
        files: Its files before they were built.
        output: What build hooks made, each as path, mode and content's hash.
    """
    found: dict[str, Any] = {
        "builder": BUILDER,
        "python": PYTHON,
        "application": app,
        "files": [[file.path, file.oid, _mode(file)] for file in files],
        "distributions": [[each.name, each.version, each.sha256] for each in closure.distributions],
    }
    if output:
        found["output"] = [list(each) for each in output]
    return _canonical(found)


def release_id(made_from: bytes, settings: Mapping[str, Any]) -> ReleaseId:
    """The hash of everything that a release is made from; of nothing that it does not contain.

    Args:
        made_from: What `inputs` gave.
        settings: `Definition.settings`.
    """
    return ReleaseId(_digest({**json.loads(made_from.decode(errors="surrogateescape")), "settings": settings}))


def bytecode_path(path: str) -> str:
    """Where Python looks for the bytecode of a source."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/__pycache__/{name[:-3]}.{TAG}.pyc".lstrip("/")


def manifest(
    definition: Definition,
    release: ReleaseId,
    closure: Closure,
    files: Sequence[TreeFile],
    built: Mapping[str, BuiltFile],
) -> Manifest:
    """The complete content of the release.

    Args:
        definition: Its settings.
        release: Its id.
        closure: Its distributions.
        files: Its files before they were built.
        built: What each became, by path.
    """
    found = []
    for file in files:
        one = built[file.path]
        found.append(_file(file.path, one.code, _mode(file)))
        if one.bytecode is not None:
            found.append(_file(bytecode_path(file.path), one.bytecode, 0o444))
    return Manifest(
        app=definition.name,
        release=release,
        runtime=definition.runtime,
        entry=definition.entry,
        root=definition.root,
        files=tuple(sorted(found, key=lambda file: file.path)),
        wheels=tuple(ManifestWheel(w.name, w.version, w.filename, w.sha256, w.size) for w in closure.distributions),
        persist=definition.persist,
        static=dict(definition.static),
        packages=tuple(sorted(definition.packages)),
    )


def tree_digest(made: Manifest) -> str:
    """The hash of the tree that came out: paths, modes, contents and wheels."""
    files = [[file.path, file.mode, file.sha256] for file in made.files]
    return _digest({"files": files, "wheels": sorted(wheel.sha256 for wheel in made.wheels)})


def _file(path: str, content: Content, mode: int) -> ManifestFile:
    return ManifestFile(path, content.sha256, content.size, mode)


def _mode(file: TreeFile) -> int:
    return 0o555 if file.mode & _EXECUTABLE else 0o444


def _digest(value: Any) -> Sha256:
    return Sha256(hashlib.sha256(_canonical(value)).hexdigest())


def _canonical(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogateescape")
