"""Signed documents from the console: nothing of them is read before the signature, and nothing believed before checks.

A name becomes a path on the node and a number becomes a port, so every one of them is checked here, once, for all that
comes after.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from lampas.core.nodestate import (
    SIGNALS,
    Command,
    DataOrder,
    Manifest,
    NodeState,
    ReleaseOnNode,
    Task,
    Unit,
    Word,
)
from lampas.errors import Denied, InvalidInput

_APP = re.compile(r"[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAP = re.compile(r"[a-z]{1,32}\.txt")
_FILE_MODES = (0o444, 0o555)


def public_key(pem: bytes) -> Ed25519PublicKey:
    """The console's key.

    Raises:
        InvalidInput: It is none.
    """
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise InvalidInput(f"the console's public key cannot be read: {error}", "run: lampas up") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput("the console's public key is not an Ed25519 key", "run: lampas up")
    return key


def verified(key: Ed25519PublicKey, data: bytes, signature: str) -> bytes:
    """Gives the bytes back if the console signed them.

    Raises:
        Denied: It did not.
    """
    if not signature:
        raise Denied("the document is not signed")
    try:
        key.verify(b64decode(signature, validate=True), data)
    except (InvalidSignature, ValueError) as error:
        raise Denied("the signature is not the console's") from error
    return data


def state(data: bytes, node: str, now: float | None) -> NodeState:
    """Reads a NodeState whose signature was checked.

    Args:
        data: Its bytes.
        node: This node.
        now: Unix seconds; None where an expiry no longer matters, because it was accepted before.

    Raises:
        Denied: It is for another node, or too old.
        InvalidInput: It is not a NodeState that can be used.
    """
    try:
        found = NodeState.decode(data)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"the NodeState cannot be read: {error}") from error
    addressed(found.node, found.expires, node, now)
    _number(found.generation, 0, "a generation")
    _seconds(found.drain, "the time to drain", 3600)
    for app in found.apps:
        _name(app)
    for release in found.releases:
        release_on_node(release)
    for unit in found.units:
        _unit(unit)
    for name, text in found.maps.items():
        if not _MAP.fullmatch(name) or not isinstance(text, str):
            raise InvalidInput(f"{name!r} is not a map of the front")
    _consistent(found)
    return found


def task(data: bytes, node: str, now: float) -> Task:
    """Reads a Task whose signature was checked.

    Raises:
        Denied: It is for another node, or too old.
        InvalidInput: It is not a task that can be carried out.
    """
    try:
        found = Task.decode(data)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"the task cannot be read: {error}") from error
    addressed(found.node, found.expires, node, now)
    _seconds(found.seconds, "the time of a task", 6 * 3600)
    if found.kind not in ("verify", "sandbox"):
        raise InvalidInput(f"{found.kind!r} is no kind of task")
    nonce(found.nonce)
    if found.kind == "sandbox":
        _sandboxed(found)
    else:
        release_on_node(found.release)
    for words in (*found.proof.setup, *([found.proof.test] if found.proof.test else [])):
        _command(words)
    if not all(isinstance(path, str) and path.startswith("/") for path in (*found.proof.requests, "/")):
        raise InvalidInput("the task asks for something that is no path")
    _environment(found.env)
    if not isinstance(found.sealed, str):
        raise InvalidInput("the secrets of the task are not sealed")
    return found


def command(data: bytes, node: str, now: float) -> Command:
    """Reads a Command whose signature was checked; the root helper types what it starts once more.

    Raises:
        Denied: It is for another node, or too old.
        InvalidInput: It is not a command that can be run.
    """
    try:
        found = Command.decode(data)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"the command cannot be read: {error}") from error
    addressed(found.node, found.expires, node, now)
    release_on_node(found.release)
    _seconds(found.seconds, "the time of a command", 24 * 3600)
    nonce(found.nonce)
    _command(found.argv)
    if found.terminal is not None:
        _size((found.terminal.rows, found.terminal.columns))
    _environment(found.env)
    return found


def data_order(data: bytes, node: str, now: float) -> DataOrder:
    """Reads an order about data whose signature was checked.

    Raises:
        Denied: It is for another node, or too old.
        InvalidInput: It is none.
    """
    try:
        found = DataOrder.decode(data)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"the order cannot be read: {error}") from error
    addressed(found.node, found.expires, node, now)
    nonce(found.nonce)
    _name(found.app)
    return found


def word(data: bytes, node: str, now: float) -> Word:
    """Reads a Word whose signature was checked.

    Raises:
        Denied: It is for another node, or too old.
        InvalidInput: It is none that a command can be told.
    """
    try:
        found = Word.decode(data)
        b64decode(found.data, validate=True)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"what the command is told cannot be read: {error}") from error
    addressed(found.node, found.expires, node, now)
    nonce(found.nonce)
    _number(found.begin, 0, "a place in stdin")
    if found.signal and found.signal not in SIGNALS:
        raise InvalidInput(f"{found.signal!r} is no signal that is passed on")
    if found.size is not None:
        _size(found.size)
    return found


def manifest(data: bytes) -> Manifest:
    """Reads a manifest: every path in it stays within the release.

    Raises:
        InvalidInput: It is none that can be used.
    """
    try:
        found = Manifest.decode(data)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"the manifest cannot be read: {error}") from error
    _name(found.app)
    for file in found.files:
        _within(file.path)
        _sha256(file.sha256)
        if file.mode not in _FILE_MODES:
            raise InvalidInput(f"{file.path!r} has a mode that no file of a release has")
    for wheel in found.wheels:
        _sha256(wheel.sha256)
    for path in (*found.persist, *([found.root] if found.root else [])):
        _within(path)
    return found


def release_on_node(release: ReleaseOnNode) -> None:
    """Checks what names a release.

    Raises:
        InvalidInput: A name, a number or a hash is none.
    """
    _name(release.app)
    _number(release.number, 1, "a release number")
    _sha256(release.manifest)


def nonce(value: str) -> None:
    """Checks what makes a document different from every other.

    Raises:
        InvalidInput: It is none.
    """
    if not isinstance(value, str) or not 16 <= len(value) <= 128:
        raise InvalidInput("the document has no nonce")


def is_app(name: str) -> bool:
    """Whether it can be an application's name."""
    return bool(_APP.fullmatch(name))


def left(path: str, mode: int, sha256: str, size: int) -> dict[str, Any]:
    """One file that commands in a sandbox left behind, as they told it: believed only if it could be a release's.

    Raises:
        InvalidInput: It could not.
    """
    _within(path)
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{path!r} is not a name in UTF-8, which every file of a release has") from error
    if mode not in _FILE_MODES:
        raise InvalidInput(f"{path!r} has a mode that no file of a release has")
    return {"path": path, "mode": mode, "sha256": _sha256(sha256), "size": _number(size, 0, "a size")}


def names(raw: Any) -> list[str]:
    """The sha256 names of a request for what is missing.

    Raises:
        InvalidInput: It is something else.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("sha256"), list):
        raise InvalidInput('the request is not {"sha256": […]}')
    return [_sha256(name) for name in raw["sha256"]]


def _sandboxed(found: Task) -> None:
    """What the root helper does not look at again."""
    _name(found.release.app)
    _number(found.release.number, 0, "a release number")
    if found.sandbox.tree != "none":
        _sha256(found.release.manifest)
    if not found.commands:
        raise InvalidInput("the task names no command")
    for words in found.commands:
        _command(words)
    if not isinstance(found.sandbox.inputs, dict):
        raise InvalidInput("the task has inputs that are none")
    for sha256 in found.sandbox.inputs.values():
        _sha256(sha256)
    if found.sandbox.seed:
        _sha256(found.sandbox.seed)
    _number(found.sandbox.disk, 1, "a size")


def _command(words: Iterable[str]) -> None:
    if not words or not all(isinstance(word, str) for word in words):
        raise InvalidInput("the task names no command")


def addressed(found: str, expires: int, node: str, now: float | None) -> None:
    """Checks whom a document is for, and until when.

    Raises:
        Denied: It is for another node, or too old.
    """
    if found != node:
        raise Denied(f"the document is for the node {str(found)[:64]!r}, this is {node!r}")
    if now is not None and _number(expires, 0, "an expiry") < now:
        raise Denied("the document has expired", "send it again; compare the clocks of console and node")


def _unit(unit: Unit) -> None:
    _name(unit.app)
    _number(unit.number, 1, "a release number")
    if _number(unit.port, 1024, "a port") > 65535:
        raise InvalidInput(f"{unit.port} is not a port")
    if not isinstance(unit.config, str) or not isinstance(unit.shim, str):
        raise InvalidInput(f"the unit {unit.name} has no configuration")
    _environment(unit.env)
    if not isinstance(unit.sealed, str) or not isinstance(unit.by_port, bool):
        raise InvalidInput(f"the unit {unit.name} holds something that it cannot")
    _number(unit.ready.processes, 1, "a number of processes")
    _seconds(unit.ready.seconds, "the time to start", 3600)
    if not all(
        isinstance(text, str) and text.isprintable() for text in (unit.ready.path, unit.ready.host, unit.ready.key)
    ):
        raise InvalidInput(f"the readiness of {unit.name} cannot be asked for")


def _consistent(found: NodeState) -> None:
    for values, what in (
        (found.apps, "application"),
        ([(release.app, release.number) for release in found.releases], "release"),
        ([unit.name for unit in found.units], "unit"),
        ([unit.port for unit in found.units], "port"),
    ):
        if len(set(values)) != len(list(values)):
            raise InvalidInput(f"the NodeState names one {what} twice")
    held = {(release.app, release.number) for release in found.releases}
    for app in [*(release.app for release in found.releases), *(unit.app for unit in found.units)]:
        if app not in found.apps:
            raise InvalidInput(f"{app} is not among the node's applications")
    for unit in found.units:
        if (unit.app, unit.number) not in held:
            raise InvalidInput(f"the unit {unit.name} has no release")


def _environment(env: Any) -> None:
    for name, value in env.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or not isinstance(value, str) or "\0" in value:
            raise InvalidInput("an environment holds something that is no variable")


def _size(size: tuple[int, int]) -> None:
    if not all(_number(each, 0, "a size of a terminal") <= 10_000 for each in size) or len(size) != 2:
        raise InvalidInput("that is no size of a terminal")


def _within(path: str) -> None:
    pure = PurePosixPath(path) if isinstance(path, str) else PurePosixPath("/")
    if pure.is_absolute() or str(pure) != path or ".." in pure.parts or path == "." or "\0" in path:
        raise InvalidInput(f"{path!r} is not a path within a release")


def _name(app: str) -> None:
    if not isinstance(app, str) or not _APP.fullmatch(app):
        raise InvalidInput(f"{str(app)[:64]!r} is not an application's name")


def _sha256(name: str) -> str:
    if not isinstance(name, str) or not _SHA256.fullmatch(name):
        raise InvalidInput(f"{str(name)[:80]!r} is not a sha256")
    return name


def _number(value: int, least: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInput(f"{str(value)[:32]!r} is not {what}")
    return value


def _seconds(value: float, what: str, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise InvalidInput(f"{what} is not a number of seconds up to {most:g}")


_ROUTES = (
    re.compile(r"straight/\S+ (?P<app>[a-z0-9-]+)@(?P<number>[0-9]+)@(?P<port>[0-9]+)@[0-9a-f]+(?:@\S+)?"),
    re.compile(r"live/(?P<app>[a-z0-9-]+)(?:/[0-9]{3})? (?P<number>[0-9]+)@(?P<port>[0-9]+)"),
    re.compile(r"port/(?P<app>[a-z0-9-]+)@(?P<number>[0-9]+) (?P<port>[0-9]+)"),
)


_STATIC = re.compile(r"static/(?P<app>[a-z0-9-]+)@(?P<number>[0-9]+) \S+")


def static(maps: Iterable[tuple[str, str]]) -> list[tuple[str, int]]:
    """Whose static files the front serves by its maps: (application, release number)."""
    rows = (row for name, text in maps if name == "routes.txt" for row in text.splitlines())
    found = (_STATIC.fullmatch(row) for row in rows)
    return [(route["app"], int(route["number"])) for route in found if route]


def routed(maps: Iterable[tuple[str, str]]) -> list[tuple[str, int, int]]:
    """Where the front's maps lead: (application, release number, port) of every live and every explicit route."""
    found = []
    for name, text in maps:
        for words in (row.split() for row in text.splitlines() if name == "routes.txt"):
            route = next(filter(None, (shape.fullmatch(" ".join(words)) for shape in _ROUTES)), None)
            if route:
                found.append((route["app"], int(route["number"]), int(route["port"])))
    return found
