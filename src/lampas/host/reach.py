"""Trying an address as a person would, before it is printed."""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Tried:
    """What came of an address: `ok`, and in words what answered or why nothing did."""

    url: str
    ok: bool
    detail: str
    settled: bool = True  # whether trying again would hardly change it


@dataclass(frozen=True)
class Address:
    """An address to try.

    Attributes:
        url: What people are given.
        bind: The address that the server listens on; a wildcard is tried on loopback.
        headers: Further headers of the request.
        path: Asked for instead of the address's own path.
    """

    url: str
    bind: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    path: str = ""


def attempt(address: Address, timeout: float = 10.0) -> Tried:
    """One request. The host goes into the header and the connection to this machine, for libc does not resolve
    names under `localhost` as browsers do, and a real domain may not lead here yet."""
    parts = urlsplit(address.url)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}.get(address.bind, address.bind)  # noqa: S104
    connection = http.client.HTTPConnection(host, parts.port or 80, timeout=timeout)
    try:
        path = address.path or parts.path or "/"
        connection.request("GET", path, headers={"Host": parts.netloc, "User-Agent": "lampas-up", **address.headers})
        response = connection.getresponse()
        body = response.read(1 << 16)
    except (OSError, http.client.HTTPException) as error:
        return Tried(address.url, False, f"does not answer: {error}", settled=False)
    finally:
        connection.close()
    release = response.headers.get("Lampas-Release", "")
    said = f"answers{f' as {release}' if release else ''}"
    if response.status < 400:
        return Tried(address.url, True, said)
    said = f"answers with status {response.status}: {_first_line(body)}"
    return Tried(address.url, False, said, settled=response.status < 500)


def until_ok(address: Address, seconds: float, *, settle: bool = True) -> Tried:
    """Tries again until it answers well, at most that long.

    Args:
        address: What is tried.
        seconds: How long.
        settle: Whether an answer that says that the request is at fault ends it, too.

    Returns:
        The last outcome.
    """
    deadline = time.monotonic() + seconds
    while True:
        tried = attempt(address)
        if tried.ok or (settle and tried.settled) or time.monotonic() > deadline:
            return tried
        time.sleep(0.1)


def basic(user: str, password: str) -> dict[str, str]:
    """The header by which git logs in."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _first_line(body: bytes) -> str:
    return " ".join(body.decode(errors="replace").split())[:120]
