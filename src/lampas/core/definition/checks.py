"""What values a key takes. Each check returns the value or raises `Bad` with words for people."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

_NAME = r"[^\W\d]\w*"
_ENTRY = re.compile(rf"{_NAME}(?:\.{_NAME})*:{_NAME}(?:\.{_NAME})*(?:\(\))?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_SET_BY_LAMPAS = frozenset(("DATABASE_URL", "DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"))
_LONGEST = 64 << 10  # bytes of one text


class Bad(ValueError):
    """A value that a key does not take."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


Check = Callable[[Any], Any]


def text(value: Any) -> str:
    """A string without control characters other than line breaks and tabs."""
    if not isinstance(value, str):
        raise Bad(f"must be a string, not {_kind(value)}", "put it in quotes")
    if len(value) > _LONGEST or any(ord(c) < 32 and c not in "\n\r\t" for c in value) or "\x7f" in value:
        raise Bad("must be a text of at most 64 KiB without control characters")
    return value


def line(value: Any) -> str:
    """A string of one line that is not empty."""
    found = text(value)
    if not found.strip() or any(c in found for c in "\n\r\t"):
        raise Bad("must be one line and not empty")
    return found


def command(value: Any) -> str:
    """A program with its arguments, quoted as for a shell; it runs without one."""
    found = line(value)
    try:
        words = shlex.split(found)
    except ValueError as error:
        raise Bad(f"{found!r} is no command: {error}", "close its quotes") from error
    operators = {"&&", "||", "|", ";", ">", ">>", "<", "&"} & set(words)
    if not words or not words[0] or operators:
        raise Bad(
            f"{found!r} is no command: it runs without a shell"
            + (f", so {min(operators)!r} means nothing" if operators else ""),
            "write one hook for each command, or name the shell: sh -c '…'",
        )
    return found


def one_of(*words: str) -> Check:
    """One of a few words."""

    def check(value: Any) -> str:
        if value not in words:
            raise Bad(f"must be {' or '.join(map(repr, words))}, not {value!r}")
        return str(value)

    return check


def truth(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Bad(f"must be true or false, not {value!r}")
    return value


def number(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Bad(f"must be a whole number from {least} to {most}, not {value!r}")
        return value

    return check


def path(value: Any) -> str:
    """A relative path inside the tree, `/` between its parts, without `.`, `..` or `.git`."""
    found = line(value)
    parts = found.strip("/").split("/")
    if found.startswith("/") or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise Bad(
            f"{found!r} must be a path inside the repository", "write it from the top of the repository, without .."
        )
    if re.search(r'["\'\\$%{}<>|*?]', found) or len(found) > 255:
        raise Bad(f"{found!r} holds characters that a directory of an application may not have")
    return "/".join(parts)


def root(value: Any) -> str:
    """As `path`; "" and "." are the top of the tree."""
    return "" if value in ("", ".") else path(value)


def pattern(value: Any) -> str:
    """A link: a dotted module name, a path, or a pattern over paths with `*` and `**`."""
    found = line(value)
    if found.startswith("/") or ".." in found.split("/") or "\\" in found or found.count("*") > 16 or len(found) > 255:
        raise Bad(f"{found!r} must be a module name, or a pattern over paths inside the repository")
    return found


def need(value: Any) -> str:
    """As `pattern`, but it has to name something: one that matches everything would ship everything."""
    found = pattern(value)
    if re.fullmatch(r"[*?/.]+", found):
        raise Bad(f"{found!r} matches everything", "name a package, `shop.plugins.*`, or a directory, `shop/rules/**`")
    return found


def entry(value: Any) -> str:
    """`module:attribute` or `module:factory()`."""
    found = line(value).strip()
    if not _ENTRY.fullmatch(found) or ".py:" in found:
        raise Bad(
            f"{found!r} is no entry of a Python application",
            "write 'module:attribute', or 'module:factory()' for a function that makes the application",
        )
    return found


def perl_entry(value: Any) -> str:
    """`app.psgi`, `handler:Package` or `registry:directory`."""
    found = line(value).strip()
    if not re.fullmatch(r"[\w./-]+\.psgi|handler:\w+(?:::\w+)*|registry:[\w./-]+", found) or ".." in found:
        raise Bad(
            f"{found!r} is no entry of a Perl application", "write 'app.psgi', 'handler:Package' or 'registry:DIR'"
        )
    return found


def host(value: Any) -> str:
    """A DNS name in lower case. An address is none, nor is `localhost` or what ends in it."""
    found = line(value).lower().rstrip(".")
    labels = found.split(".")
    if len(found) > 253 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise Bad(f"{value!r} is no host name", "write a DNS name such as 'shop.example.com', without port or scheme")
    if labels[-1] == "localhost":
        raise Bad(f"{value!r} is given out by LAMPAS itself: APP.localhost and APP-vN.localhost", "take it out")
    return found


def url_prefix(value: Any) -> str:
    """A path prefix of URLs, `/static`."""
    found = line(value).rstrip("/")
    if not _PREFIX.fullmatch(found) or any(part in (".", "..") for part in found.split("/")):
        raise Bad(f"{value!r} is no URL prefix", "write it as '/static'")
    return found


def url_path(value: Any) -> str:
    """What a request asks for: a path, and a query if it has one."""
    found = line(value)
    if not found.startswith("/") or not found.isascii() or " " in found or "#" in found or len(found) > 2000:
        raise Bad(f"{found!r} is no path of a request", "write it as '/health', percent-encoded")
    return found


def package(value: Any) -> str:
    """A Debian package's name."""
    found = line(value)
    if not _PACKAGE.fullmatch(found):
        raise Bad(f"{found!r} is no name of a Debian package")
    return found


def env_name(value: str) -> str:
    """The name of an environment variable that is the application's own to set."""
    if not _ENV.fullmatch(value):
        raise Bad(f"{value!r} is no name of an environment variable", "use letters, digits and _")
    if value.startswith("LAMPAS_") or value in _SET_BY_LAMPAS:
        raise Bad(f"{value!r} is set by LAMPAS", "choose another name")
    return value


def env_value(value: Any) -> str:
    """The value of an environment variable."""
    return text(value)


def items(check: Check) -> Check:
    """A list whose items pass a check; repeated items are refused."""

    def each(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Bad(f"must be a list, not {_kind(value)}", "write it in [ ]")
        found = tuple(map(check, value))
        if len(set(found)) != len(found):
            raise Bad("names something twice")
        return found

    return each


def directories(value: Any) -> tuple[str, ...]:
    """A list of directories inside the tree, none of them inside another."""
    found: tuple[str, ...] = items(path)(value)
    for inner in found:
        for outer in found:
            if inner.startswith(f"{outer}/"):
                raise Bad(f"{inner!r} is inside {outer!r}, which is kept whole", "take it out")
    return found


def table(name: Check, value_check: Check) -> Check:
    """A table whose names and values pass checks."""

    def each(value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise Bad(f"must be a table, not {_kind(value)}")
        return {name(key): value_check(item) for key, item in value.items()}

    return each


def requirements(value: Any) -> str | tuple[str, ...]:
    """A file, or the requirements themselves as a list."""
    return items(line)(value) if isinstance(value, list) else path(value)


def _kind(value: Any) -> str:
    words = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return words.get(type(value), type(value).__name__)
