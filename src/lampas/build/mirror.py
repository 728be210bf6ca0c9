"""The CPAN mirror that this node was given: a directory or an address. Everything is checked against its CHECKSUMS."""

from __future__ import annotations

import functools
import gzip
import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from lampas.build.fetching import trust
from lampas.core.distributions.cpan import BrokenMirror, Indexed, checksums, index
from lampas.errors import Unreachable

_INDEX = "modules/02packages.details.txt.gz"
_LARGEST_INDEX = 256 << 20  # bytes, unpacked
_LARGEST = 256 << 20  # bytes of one file


class Mirror:
    """A mirror. Its index and its lists of checksums are read once."""

    def __init__(self, address: str) -> None:
        """Reads nothing yet.

        Args:
            address: An http or https address, or a directory.
        """
        self._address = address.rstrip("/")
        self._checksums = functools.cache(self._read_checksums)

    @functools.cached_property
    def index(self) -> dict[str, Indexed]:
        """Module → where it is.

        Raises:
            Unreachable: The mirror does not answer.
            BrokenMirror: Its index cannot be read.
        """
        try:
            unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
            text = unpack.decompress(self._get(_INDEX), _LARGEST_INDEX)
        except (zlib.error, gzip.BadGzipFile) as error:
            raise BrokenMirror(_INDEX, f"it cannot be unpacked: {error}") from error
        if unpack.unconsumed_tail:
            raise BrokenMirror(_INDEX, f"larger than {_LARGEST_INDEX:,} bytes")
        return index(text.decode(errors="replace"))

    @functools.cached_property
    def modules(self) -> dict[str, tuple[str, ...]]:
        """Archive → the modules that the index finds in it."""
        found: dict[str, list[str]] = {}
        for module, where in self.index.items():
            found.setdefault(where.path, []).append(module)
        return {path: tuple(sorted(names)) for path, names in found.items()}

    def sha256(self, path: str) -> str:
        """What the mirror says that an archive's hash is.

        Args:
            path: Below `authors/id/`.

        Raises:
            Unreachable: The mirror does not answer.
            BrokenMirror: It does not say.
        """
        folder, _, name = path.rpartition("/")
        told = self._checksums(folder).get(name)
        if told is None:
            raise BrokenMirror(path, "the mirror's CHECKSUMS has no sha256 of it")
        return told

    def archive(self, path: str) -> bytes:
        """An archive, as its hash says.

        Args:
            path: Below `authors/id/`.

        Raises:
            Unreachable: The mirror does not answer, or does not have it.
            BrokenMirror: It has another hash.
        """
        told = self.sha256(path)
        data = self._get(f"authors/id/{path}")
        got = hashlib.sha256(data).hexdigest()
        if got != told:
            raise BrokenMirror(path, f"its sha256 is {got}, and the mirror's CHECKSUMS says {told}")
        return data

    def _read_checksums(self, folder: str) -> dict[str, str]:
        return checksums(self._get(f"authors/id/{folder}/CHECKSUMS").decode(errors="replace"))

    def _get(self, path: str) -> bytes:
        read: Callable[[str], bytes] = (
            self._fetched if urlsplit(self._address).scheme in ("http", "https") else self._read
        )
        try:
            return read(path)
        except (httpx.HTTPError, OSError) as error:
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise Unreachable(
                f"the CPAN mirror {self._address} does not give {path}: {reason}",
                "see that it is complete and reachable: lampas up --cpan-mirror URL-or-DIRECTORY sets another",
            ) from error

    def _read(self, path: str) -> bytes:
        with (Path(self._address.removeprefix("file://")) / path).open("rb") as file:
            return bytes(_bounded(path, file.read(_LARGEST + 1)))

    def _fetched(self, path: str) -> bytes:
        data = bytearray()
        address = f"{self._address}/{quote(path)}"
        with httpx.stream("GET", address, verify=trust(), timeout=60, follow_redirects=True) as answer:
            answer.raise_for_status()
            for part in answer.iter_raw(1 << 20):
                data += part
                _bounded(path, data)
        return bytes(data)


def _bounded(path: str, data: bytes | bytearray) -> bytes | bytearray:
    if len(data) > _LARGEST:
        raise BrokenMirror(path, f"larger than {_LARGEST:,} bytes")
    return data
