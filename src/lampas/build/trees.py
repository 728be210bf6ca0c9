"""Files of a release tree → content in the store. A blob at a path is made once, ever."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lampas.build import bytecode
from lampas.core.history.ports import HistoryReader
from lampas.core.names import Sha256
from lampas.core.release.assembly import BUILDER, TAG
from lampas.core.release.values import BuiltFile, Content, TreeFile
from lampas.store import artifacts, built

_BATCH = 500  # files read, compiled and kept at a time


def make(reader: HistoryReader, files: Sequence[TreeFile], anew: bool = False) -> dict[str, BuiltFile]:
    """What each file became, by path; all content is kept when it returns.

    Args:
        reader: History.
        files: The files of the tree.
        anew: Whether to make everything again, though it is known.
    """
    keys = {file.path: key(file) for file in files}
    known = {} if anew else _kept(built.load(keys.values()))
    found = {file.path: known[keys[file.path]] for file in files if keys[file.path] in known}
    fresh = [file for file in files if file.path not in found]
    for start in range(0, len(fresh), _BATCH):
        found |= _made(reader, fresh[start : start + _BATCH])
    return found


def key(file: TreeFile) -> str:
    """Names what a file becomes: its bytecode holds its path, so the path counts where there is bytecode."""
    parts = [str(BUILDER), TAG, file.oid, file.path if file.compiled else ""]
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def _kept(known: dict[str, BuiltFile]) -> dict[str, BuiltFile]:
    """Only what is still in the store: a prune may have taken content of releases that are gone."""
    names = {part.sha256 for one in known.values() for part in (one.code, one.bytecode) if part is not None}
    there = artifacts.have(names)
    return {
        name: one
        for name, one in known.items()
        if one.code.sha256 in there and (one.bytecode is None or one.bytecode.sha256 in there)
    }


def _made(reader: HistoryReader, files: Sequence[TreeFile]) -> dict[str, BuiltFile]:
    sources = [(file, reader.blob(file.repository, file.oid)) for file in files]
    compiled = bytecode.compile_all([(file.path, data) for file, data in sources if file.compiled])
    pieces: list[tuple[Sha256, bytes]] = []
    found: dict[str, BuiltFile] = {}
    for file, data in sources:
        made = next(compiled) if file.compiled else None
        found[file.path] = BuiltFile(_piece(data, pieces), _piece(made, pieces) if made is not None else None)
    artifacts.put_many(pieces)
    built.save({key(file): found[file.path] for file in files})
    return found


def _piece(data: bytes, pieces: list[tuple[Sha256, bytes]]) -> Content:
    name = artifacts.name_of(data)
    pieces.append((name, data))
    return Content(name, len(data))
