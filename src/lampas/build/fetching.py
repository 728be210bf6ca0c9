"""Wheels and source distributions → the store, each once, checked against its hash before anything looks into it."""

from __future__ import annotations

import hashlib
import io
import ssl
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from lampas import process
from lampas.core.distributions.provides import import_prefixes, required_names
from lampas.core.distributions.pylock import Source, Wheel
from lampas.core.distributions.values import Distribution
from lampas.errors import Failed, Unreachable
from lampas.store import artifacts, distributions

_LARGEST = 1 << 30  # bytes of one wheel
_METADATA = 4 << 20  # bytes of one METADATA file
_AT_ONCE = 4
_TRIES = 3


class BrokenWheel(Failed):
    """A wheel is not what its lock says, or no wheel at all."""

    def __init__(self, filename: str, reason: str) -> None:
        super().__init__(f"{filename}: {reason}", "try again; if it stays so, the package index serves something else")


def fetch(wheels: Sequence[Wheel]) -> Iterator[Distribution]:
    """Keeps wheels as artifacts and says what each provides, in the order in which they were given.

    Args:
        wheels: What to fetch. A wheel that is kept already is not fetched again.

    Raises:
        Unreachable: The package index does not answer.
        BrokenWheel: A wheel has another hash, or cannot be read.
    """
    names = [wheel.sha256 for wheel in wheels]
    kept, known = artifacts.have(names), distributions.load(names)
    with (
        httpx.Client(verify=trust(), timeout=60, follow_redirects=True) as client,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        # Only the network runs in threads: the database connection is this thread's.
        pending = {w.sha256: pool.submit(_download, client, w) for w in wheels if w.sha256 not in kept}
        for wheel in wheels:
            new, facts = pending.get(wheel.sha256), known.get(wheel.sha256)
            if new is None and facts is not None:
                yield Distribution(wheel.name, wheel.version, wheel.filename, wheel.sha256, **vars(facts))
                continue
            data = new.result() if new is not None else artifacts.get(wheel.sha256)
            distribution = _described(wheel, data)
            if new is not None:
                artifacts.put(data)
            distributions.save(distribution)
            yield distribution


def source(wanted: Source) -> bytes:
    """The content of a source distribution, fetched if it is not kept.

    Raises:
        Unreachable: The package index does not answer.
        BrokenWheel: It has another hash.
    """
    if wanted.sha256 not in artifacts.have([wanted.sha256]):
        with httpx.Client(verify=trust(), timeout=60, follow_redirects=True) as client:
            artifacts.put(_download(client, wanted))
    return artifacts.get(wanted.sha256)


def metadata(filename: str, data: bytes) -> str:
    """The text of a wheel's METADATA.

    Raises:
        BrokenWheel: It is no wheel that can be read.
    """
    return _metadata_and_names(filename, data)[0]


def trust() -> ssl.SSLContext:
    """Which certificates are trusted when something is fetched."""
    # The same certificates that uv and git are told to trust; left out, the system's own.
    told = process.clean_environment()
    return ssl.create_default_context(cafile=told.get("SSL_CERT_FILE") or None, capath=told.get("SSL_CERT_DIR") or None)


def _download(client: httpx.Client, wheel: Wheel | Source) -> bytes:
    for attempt in range(1, _TRIES + 1):
        try:
            return _checked(client, wheel)
        except httpx.HTTPError as error:
            if attempt == _TRIES or (isinstance(error, httpx.HTTPStatusError) and error.response.status_code < 500):
                reason = str(error).partition("\n")[0] or type(error).__name__
                raise Unreachable(
                    f"{wheel.filename} cannot be fetched: {reason}", "check the node's network and try again"
                ) from error
    raise AssertionError("unreachable")


def _checked(client: httpx.Client, wheel: Wheel | Source) -> bytes:
    digest, parts, size = hashlib.sha256(), [], 0
    with client.stream("GET", wheel.url) as answer:
        answer.raise_for_status()
        for part in answer.iter_bytes(1 << 20):
            digest.update(part)
            size += len(part)
            parts.append(part)
            if size > _LARGEST:
                raise BrokenWheel(wheel.filename, f"larger than {_LARGEST:,} bytes")
    if digest.hexdigest() != wheel.sha256:
        raise BrokenWheel(wheel.filename, f"its sha256 is {digest.hexdigest()}, and {wheel.sha256} was locked")
    return b"".join(parts)


def _described(wheel: Wheel, data: bytes) -> Distribution:
    text, names = _metadata_and_names(wheel.filename, data)
    provides = import_prefixes(names)
    return Distribution(
        wheel.name, wheel.version, wheel.filename, wheel.sha256, len(data), provides, required_names(text)
    )


def _metadata_and_names(filename: str, data: bytes) -> tuple[str, list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            metadata = next(n for n in names if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
            with archive.open(metadata) as file:
                return file.read(_METADATA).decode(errors="replace"), names
    except (zipfile.BadZipFile, StopIteration, OSError, RuntimeError, NotImplementedError) as error:
        raise BrokenWheel(filename, f"no wheel that can be read: {error}") from error
