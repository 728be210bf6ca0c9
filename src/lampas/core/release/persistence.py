"""Persistent directories and the code: what may stand where one is to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lampas.core.definition.errors import DefinitionError
from lampas.core.definition.values import Definition
from lampas.core.release.values import TreeFile

_KIND, _LINK = 0o170000, 0o120000


def check_persist(definition: Definition, files: Sequence[TreeFile], modes: Mapping[str, int]) -> None:
    """Refuses persistent directories that would hide what a release needs, or lead to somewhere else.

    Args:
        definition: Its persistent directories, and the files that it brings.
        files: The files of the release.
        modes: All files of its repository at its commit, with their git modes.

    Raises:
        InvalidInput: Code or a file of the definition stands in one; or the repository has a file or a symbolic link
            at its place.
    """
    for folder in definition.persist:
        said = _wrong(folder, definition, files, modes)
        if said:
            raise DefinitionError(
                definition.file,
                f"app.{definition.name}.persist",
                f"{folder!r} {said}",
                "name a directory that the application writes to",
            )


def _wrong(folder: str, definition: Definition, files: Sequence[TreeFile], modes: Mapping[str, int]) -> str:
    parts = folder.split("/")
    for above in ("/".join(parts[: count + 1]) for count in range(len(parts))):
        if above in modes:
            what = "a symbolic link" if modes[above] & _KIND == _LINK else "a file"
            return f"cannot be a directory: {above!r} is {what}"
    lost = "and what is in a persistent directory is not taken from a release"
    code = next((file.path for file in files if file.compiled and file.path.startswith(f"{folder}/")), None)
    if code is not None:
        return f"holds code ({code}), {lost}"
    own = next((path for path in definition.files if f"{path}/".startswith(f"{folder}/")), None)
    return f"holds a file of the definition ({own}), {lost}" if own is not None else ""
