"""The client of one node's Management Interface: mutual TLS, signed documents, content by sha256."""

from __future__ import annotations

import contextlib
import hashlib
import json
import ssl
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lampas.core.nodestate import Command, DatabaseOrder, DataOrder, NodeState, PackageOrder, Task, Word
from lampas.errors import Denied, Failed, InvalidInput, LampasError, NotFound, Unreachable

_SILENCE = 30.0  # seconds without a sign of life after which a node that runs a command is given up
_FAMILIES: Mapping[int, type[LampasError]] = {403: Denied, 404: NotFound}
_HEAD = 64 + 8  # bytes before a piece of content: its name, its length


@dataclass(frozen=True)
class Keys:
    """What the console needs to be believed by a node: its certificate and key, the nodes' CA, the signing key."""

    certificate: Path
    key: Path
    nodes_ca: Path
    signing_key: Path


@dataclass(frozen=True)
class Outcome:
    """How an apply ended: "applied", "unchanged", "undone" or "refused", with the reason of the last two."""

    outcome: str
    error: str = ""


class ManagementInterface:
    """One node's Management Interface. Connections are kept, so a call costs one round trip."""

    def __init__(self, address: str, keys: Keys) -> None:
        """Prepares the client; nothing is sent yet.

        Args:
            address: host:port of the Management Interface.
            keys: What the console proves itself with.
        """
        self.address = address
        signing = load_pem_private_key(keys.signing_key.read_bytes(), password=None)
        if not isinstance(signing, Ed25519PrivateKey):
            raise InvalidInput(f"{keys.signing_key} is not an Ed25519 key", "run: lampas doctor")
        self._signing = signing
        context = ssl.create_default_context(cafile=str(keys.nodes_ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(str(keys.certificate), str(keys.key))
        self._http = httpx.Client(base_url=f"https://{address}", verify=context, timeout=30.0, trust_env=False)

    def status(self) -> dict[str, Any]:
        """What the node reports of itself. It is data: bounded, never templated, never executed."""
        return self._json("GET", "/v1/status", timeout=5.0)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Which of these sha256 names the node does not hold."""
        body = json.dumps({"sha256": sorted(set(names))}).encode()
        answer = self._json("POST", "/v1/blobs/missing", content=body)
        return [str(name) for name in answer["missing"]]

    def send(self, blobs: Iterable[tuple[str, bytes]]) -> None:
        """Sends content; the node checks each piece against its name."""
        self._json("POST", "/v1/blobs", content=_framed(blobs), timeout=300.0)

    def fetch(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Gets content back that a task left on the node; each piece is checked against its name.

        Raises:
            Failed: The node lacks one, or sent something else.
        """
        body = json.dumps({"sha256": sorted(set(names))}).encode()
        try:
            with self._http.stream("POST", "/v1/blobs/fetch", content=body, timeout=300.0) as response:
                if response.status_code >= 400:
                    raise Failed(f"the node at {self.address} does not give content: {response.read()[:500].decode()}")
                yield from _unframed(response.iter_bytes(1 << 20), self.address)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def apply(self, state: NodeState) -> Iterator[Mapping[str, Any]]:
        """Sends a NodeState and yields what the node tells while it applies it; the last one holds "outcome"."""
        yield from self._stream("/v1/apply", state.encode(), timeout=600.0)

    def run(self, command: Command) -> Iterator[Mapping[str, Any]]:
        """Runs a command and yields its frames: {"begun"}, {"out" | "err": base64}, {"beat"}, last {"status"}.

        Whoever stops asking for more and closes the iterator ends the command.
        """
        yield from self._stream("/v1/commands", command.encode(), timeout=_SILENCE)

    def tell(self, word: Word) -> int:
        """Tells a command that runs something; returns how many bytes of its stdin it was given so far."""
        answer = self._json("POST", "/v1/commands/words", content=word.encode(), headers=self._signed(word.encode()))
        return int(answer["given"])

    def task(self, task: Task) -> Iterator[Mapping[str, Any]]:
        """Runs a task and yields its frames; the last one holds "status" (sandbox) or "ok" (verify)."""
        yield from self._stream("/v1/task", task.encode(), timeout=task.seconds + 30.0)

    def database(self, order: DatabaseOrder, seconds: float = 360.0) -> dict[str, Any]:
        """Has a node's MariaDB carry an order out; returns what the verb answers."""
        document = order.encode()
        return self._json("POST", "/v1/database", content=document, headers=self._signed(document), timeout=seconds)

    def drop_data(self, order: DataOrder) -> None:
        """Has the data of an application removed that the node no longer holds."""
        self._json("POST", "/v1/data/drop", content=order.encode(), headers=self._signed(order.encode()), timeout=300.0)

    def disk(self, app: str = "") -> dict[str, Any]:
        """What takes the node's disk; see the agent's `disk`."""
        return self._json("GET", "/v1/disk", params={"app": app}, timeout=120.0)

    def logs(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Lines of logs: {"rows", "cursor"}; the query is what the agent's `logrequests` takes."""
        return self._json("GET", "/v1/logs", params=dict(query), timeout=float(query.get("wait", 0)) + 30.0)

    def packages(self, names: Sequence[str]) -> dict[str, str]:
        """The versions of those of some Debian packages that are installed on the node."""
        answer = self._json("GET", "/v1/packages", params=[("name", name) for name in names])
        return {str(name): str(version) for name, version in answer["installed"].items()}

    def install(self, order: PackageOrder) -> dict[str, Any]:
        """Has Debian packages installed; returns {"installed": {name: version}, "said"}."""
        document = order.encode()
        return self._json("POST", "/v1/packages", content=document, headers=self._signed(document), timeout=3600.0)

    def close(self) -> None:
        """Closes the kept connections; nothing can be asked any more."""
        self._http.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._http.is_closed

    def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if response.status_code in _FAMILIES:
            raise _FAMILIES[response.status_code](_reason(response))
        if response.status_code >= 400:
            raise Failed(f"the node at {self.address} refused {path}: {_reason(response)}")
        answer = response.json()
        if not isinstance(answer, dict):
            raise Failed(f"the node at {self.address} answered {path} with something unexpected")
        return answer

    def _stream(self, path: str, document: bytes, *, timeout: float) -> Iterator[Mapping[str, Any]]:
        signed = self._signed(document)
        try:
            with self._http.stream("POST", path, content=document, headers=signed, timeout=timeout) as response:
                if response.status_code >= 400:
                    raise Failed(f"the node at {self.address} refused {path}: {response.read()[:500].decode()}")
                for line in response.iter_lines():
                    if line:
                        yield json.loads(line)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _signed(self, document: bytes) -> dict[str, str]:
        signature = b64encode(self._signing.sign(document)).decode()
        return {"Lampas-Signature": signature, "Content-Type": "application/json"}

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"the Management Interface at {self.address} does not answer: {error}", "look at: lampas status"
        )


def _reason(response: httpx.Response) -> str:
    """What a node says of its refusal, bounded."""
    with contextlib.suppress(ValueError, AttributeError):
        return str(response.json().get("error", ""))[:500]
    return response.text[:500]


def _framed(blobs: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    for name, data in blobs:
        yield name.encode("ascii") + len(data).to_bytes(8, "big")
        yield data


def _unframed(chunks: Iterable[bytes], address: str) -> Iterator[tuple[str, bytes]]:
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= _HEAD and len(waiting) >= (end := _HEAD + int.from_bytes(waiting[64:_HEAD], "big")):
            name, data = waiting[:64].decode("ascii", "replace"), bytes(waiting[_HEAD:end])
            if hashlib.sha256(data).hexdigest() != name:
                raise Failed(f"the node at {address} sent something else than {name}")
            yield name, data
            del waiting[:end]
    if waiting:
        raise Failed(f"the node at {address} stopped in the middle of content")
