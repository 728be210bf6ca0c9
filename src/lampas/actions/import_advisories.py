"""Take in what is known of vulnerable distributions."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, ClassVar

from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.core.distributions.advisories import Advisory, read
from lampas.errors import InvalidInput
from lampas.store import advisories

_LARGEST = 8 << 20  # bytes of one document
_MOST = 1_000_000  # documents
_WHAT = "import a .zip of OSV documents in JSON, as the OSV project exports them"


@dataclass(frozen=True)
class ImportAdvisories(Action[int]):
    """Replaces all advisories by those of an archive; returns how many apply to distributions of Python.

    Attributes:
        archive: A zip archive of OSV documents, open for reading.
        size: Its size in bytes, for the audit row.

    Raises:
        InvalidInput: It is no such archive; what was there stays.
    """

    name: ClassVar[str] = "advisories.import"
    permission: ClassVar[Permission] = Permission.NODES

    archive: IO[bytes]
    size: int

    @property
    def subject(self) -> str:
        """What is known of vulnerabilities."""
        return "advisories"

    @property
    def detail(self) -> Mapping[str, Any]:
        """How large the archive is."""
        return {"bytes": self.size}

    def perform(self, actor: Actor) -> int:
        """Reads the archive and replaces the rows."""
        try:
            with zipfile.ZipFile(self.archive) as opened:
                return advisories.replace(_advisories(opened))
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise InvalidInput(f"the archive of advisories cannot be read: {error}", _WHAT) from error


def _advisories(opened: zipfile.ZipFile) -> Iterator[Advisory]:
    entries = [entry for entry in opened.infolist() if entry.filename.endswith(".json")]
    if not entries or len(entries) > _MOST:
        raise InvalidInput(f"the archive holds {len(entries)} OSV documents", _WHAT)
    for entry in entries:
        if entry.file_size > _LARGEST:
            raise InvalidInput(f"{entry.filename} is larger than an advisory can be", _WHAT)
        try:
            yield from read(json.loads(opened.read(entry)))
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"{entry.filename} is not JSON: {error}", _WHAT) from error
        except InvalidInput as error:
            raise InvalidInput(f"{entry.filename}: {error.message}", error.remedy) from error
