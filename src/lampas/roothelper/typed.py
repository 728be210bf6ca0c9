"""What the helper believes of a request: typed values, each accepted or refused. Nothing else reaches root's hands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lampas.core.nodestate import Sandbox, Terminal
from lampas.core.nodestate.places import label

_APP = re.compile(r"[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?")
_DIRECTORY = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
_INPUT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]{0,254}")
_MOST = 1 << 40  # of a bound
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NONCE = re.compile(r"[0-9a-f]{16,128}")
_KIND = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_LARGEST = 10_000  # rows or columns
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Refused(Exception):
    """A request that the helper does not carry out; its text says why."""


def app(request: Mapping[str, Any]) -> str:
    """The application that a request names."""
    value = request.get("app")
    if not isinstance(value, str) or not _APP.fullmatch(value):
        raise Refused("app is not an application's name")
    return value


def number(request: Mapping[str, Any], least: int = 1) -> int:
    """The release number that a request names."""
    value = request.get("number")
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 10**9:
        raise Refused("number is not a release number")
    return value


@dataclass(frozen=True)
class Unit:
    """A unit: the release that it serves, and its slot, which is its port; 0 for a unit of the first LAMPAS."""

    app: str
    number: int
    slot: int

    @property
    def name(self) -> str:
        """Its program name at the supervisor, `shop-v3-18203`."""
        return f"{self.app}-{label(self.number, self.slot)}"


def unit(request: Mapping[str, Any]) -> Unit:
    """The unit that a request names."""
    slot = request.get("slot", 0)  # the agent of the first LAMPAS names none
    if isinstance(slot, bool) or not isinstance(slot, int) or (slot and not 1024 <= slot <= 65535):
        raise Refused("slot is not a unit's port")
    return Unit(app(request), number(request), slot)


def port(request: Mapping[str, Any]) -> int:
    """The port of the unit that a request names; 0 where it is not known."""
    value = request.get("port", 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise Refused("port is not a port")
    return value


def seconds(request: Mapping[str, Any], most: float) -> float:
    """The bound in time that a request names, at most `most`."""
    value = request.get("seconds", most)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise Refused(f"seconds is not a number up to {most:g}")
    return float(value)


def directories(request: Mapping[str, Any]) -> list[str]:
    """The persistent directories that a request names, each relative and within."""
    value = request.get("persist", [])
    if not isinstance(value, list):
        raise Refused("persist is not a list")
    for item in value:
        if not isinstance(item, str) or not _DIRECTORY.fullmatch(item) or {"", ".", ".."} & set(item.split("/")):
            raise Refused("persist names something that is no directory within")
    return value


def argv(request: Mapping[str, Any]) -> list[str]:
    """The command that a request names."""
    return _words(request.get("argv"))


def commands(request: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """The commands that a request names."""
    value = request.get("commands")
    if not isinstance(value, list) or not value:
        raise Refused("commands is not a list of commands")
    return tuple(tuple(_words(each)) for each in value)


def titles(request: Mapping[str, Any]) -> tuple[str, ...]:
    """What is written ahead of each command of a request."""
    value = request.get("titles") or [""] * len(request["commands"])
    if not isinstance(value, list) or not all(isinstance(title, str) for title in value):
        raise Refused("titles is not a list of texts")
    if len(value) != len(request["commands"]):
        raise Refused("there is not a title for each command")
    return tuple(value)


def sandbox(request: Mapping[str, Any]) -> Sandbox | None:
    """How a request wants its commands to be confined; None: not at all."""
    value = request.get("sandbox")
    if value is None:
        return None
    try:
        found = Sandbox(**value)
    except TypeError as error:
        raise Refused("sandbox is none") from error
    if found.tree not in ("read", "watched", "copy", "none") or found.data not in ("scratch", "live"):
        raise Refused("sandbox names a tree or data that there is not")
    if not isinstance(found.output, bool) or not isinstance(found.pack, bool) or not isinstance(found.inputs, dict):
        raise Refused("sandbox is none")
    if not isinstance(found.seed, str) or (found.seed and not _SHA256.fullmatch(found.seed)):
        raise Refused("sandbox has a seed that is none")
    for name, sha256 in found.inputs.items():
        if not _INPUT.fullmatch(name) or not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            raise Refused("sandbox has an input that is none")
    port({"port": found.database})
    for bound, most in (
        (found.memory, 1 << 40),
        (found.processes, 1 << 15),
        (found.file, 1 << 40),
        (found.disk, 1 << 40),
    ):
        if isinstance(bound, bool) or not isinstance(bound, int) or not 0 < bound <= most:
            raise Refused("sandbox has a bound that is none")
    return found


def _words(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise Refused("argv is not a list of words")
    if any("\0" in word for word in value) or not value[0]:
        raise Refused("argv holds a word that cannot be one")
    return value


def environment(request: Mapping[str, Any]) -> dict[str, str]:
    """The environment that a request names."""
    value = request.get("env")
    if not isinstance(value, dict):
        raise Refused("env is not an object")
    for name, text in value.items():
        if not _VARIABLE.fullmatch(name) or not isinstance(text, str) or "\0" in text:
            raise Refused("env holds something that is no variable")
    return value


def count(request: Mapping[str, Any], key: str, most: int) -> int:
    """A number of something that a request names, from 1 to `most`."""
    value = request.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise Refused(f"{key} is not a number up to {most}")
    return value


def nonce(request: Mapping[str, Any]) -> str:
    """The name that a request gives to what it starts."""
    value = request.get("nonce")
    if not isinstance(value, str) or not _NONCE.fullmatch(value):
        raise Refused("nonce is not a name for what is started")
    return value


def terminal(request: Mapping[str, Any]) -> Terminal | None:
    """The terminal that a request asks for, if any."""
    value = request.get("terminal")
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"rows", "columns", "kind"}:
        raise Refused("terminal is none")
    size = value["rows"], value["columns"]
    if not all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each <= _LARGEST for each in size):
        raise Refused("terminal has no size that one can have")
    if not isinstance(value["kind"], str) or not _KIND.fullmatch(value["kind"]):
        raise Refused("terminal is of no kind")
    return Terminal(*size, value["kind"])
