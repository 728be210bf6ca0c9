"""The values that may enter a configuration, each accepted or refused by one function."""

from __future__ import annotations

import re

from lampas.errors import InvalidInput

_PATH = re.compile(r"/(?:[A-Za-z0-9._@+=,-]+/)*[A-Za-z0-9._@+=,-]+")
_RELATIVE = re.compile(r"(?:[\w.@+=, -]+/)*[\w.@+=, -]+")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_ADDRESS = re.compile(r"[0-9.]{7,15}|\[[0-9a-f:]{2,39}\]|[*]")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def path(text: str) -> str:
    """Accepts an absolute path of LAMPAS: no spaces, no `..`.

    Raises:
        InvalidInput: It is none.
    """
    if not _PATH.fullmatch(text) or ".." in text.split("/"):
        raise InvalidInput(
            f"{text!r} cannot be used as a path", "use letters, digits and . _ @ + = , - between slashes"
        )
    return text


def relative(text: str) -> str:
    """Accepts a path under a release's code; "" is the code itself.

    Raises:
        InvalidInput: It is none, or it leaves the tree.
    """
    if text and (not _RELATIVE.fullmatch(text) or {"..", "."} & set(text.split("/"))):
        raise InvalidInput(
            f"{text!r} is not a directory of the release", "name it relative to the repository, without .."
        )
    return text


def host(text: str) -> str:
    """Accepts a host name, in lower case.

    Raises:
        InvalidInput: It is none.
    """
    lower = text.lower()
    if not _HOST.fullmatch(lower):
        raise InvalidInput(f"{text!r} is not a host name", "use letters, digits, '-' and '.', without a port")
    return lower


def address(text: str) -> str:
    """Accepts an address to listen on: IPv4, IPv6 (bare or in brackets), or `*` for all. Gives it as Apache wants it.

    Raises:
        InvalidInput: It is none.
    """
    bracketed = f"[{text}]" if ":" in text and not text.startswith("[") else text
    if not _ADDRESS.fullmatch(bracketed):
        raise InvalidInput(f"{text!r} is not an address to listen on", "use an address such as 127.0.0.1, or *")
    return bracketed


def port(number: int) -> int:
    """Accepts a TCP port.

    Raises:
        InvalidInput: It is none.
    """
    return count(number, 1, 65535, "a port")


def count(number: int, least: int, most: int, what: str) -> int:
    """Accepts a whole number within bounds, named `what` in the error.

    Raises:
        InvalidInput: It is none, or outside.
    """
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise InvalidInput(f"{number!r} is not {what}", f"use a whole number from {least} to {most}")
    return number


def prefix(text: str) -> str:
    """Accepts a URL prefix such as `/static`.

    Raises:
        InvalidInput: It is none.
    """
    stripped = text.rstrip("/")
    if not _PREFIX.fullmatch(stripped) or {"..", "."} & set(stripped.split("/")):
        raise InvalidInput(f"{text!r} is not a URL prefix", "write it like /static")
    return stripped


def secret(text: str) -> str:
    """Accepts a secret: 16 to 128 letters, digits, `-` and `_`. The error does not quote it.

    Raises:
        InvalidInput: It is none.
    """
    if not _SECRET.fullmatch(text):
        raise InvalidInput("a secret is not 16 to 128 letters, digits, '-' and '_'")
    return text


def variable(name: str, value: str) -> tuple[str, str]:
    """Accepts one variable of an environment. The error does not quote its value.

    Raises:
        InvalidInput: Its name is none, or its value holds a NUL.
    """
    if not _VARIABLE.fullmatch(name):
        raise InvalidInput(f"{name!r} is not the name of an environment variable", "use letters, digits and '_'")
    if not isinstance(value, str) or "\0" in value:
        raise InvalidInput(f"the value of {name} is not text without NUL")
    return name, value
