"""What may be a secret of an application: a variable of its environment whose value stands in no file."""

from __future__ import annotations

import re

from lampas.errors import InvalidInput

LONGEST = 64 << 10  # bytes of one value
TOGETHER = 512 << 10  # bytes of all values of one application: Linux bounds the environment of a process
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_OF_DATABASE = frozenset(("DATABASE_URL", "DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"))


def secret_name(name: str, *, database: bool) -> str:
    """Accepts the name of a secret.

    Args:
        name: The name.
        database: Whether the application has a database of its own, whose access LAMPAS sets.

    Raises:
        InvalidInput: It is no name of a variable, or LAMPAS sets this one.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name!r} is no name of an environment variable", "use letters, digits and _")
    if name.startswith("LAMPAS_") or name == "HOME":
        raise InvalidInput(f"{name} is set by LAMPAS", "choose another name")
    if database and name in _OF_DATABASE:
        raise InvalidInput(
            f"{name} is set by LAMPAS, for the application's own database",
            'choose another name, or take database = "own" out of its definition',
        )
    return name


def secret_value(value: str) -> str:
    """Accepts the value of a secret. The error never quotes it.

    Raises:
        InvalidInput: It is empty, longer than `LONGEST`, or holds a NUL, which no environment can.
    """
    if not value:
        raise InvalidInput(
            "the value is empty", "give the value on standard input; to take it away: lampas secret unset"
        )
    if "\0" in value:
        raise InvalidInput(
            "the value holds a NUL, which no environment variable can", "encode it, in base64 for example"
        )
    try:
        length = len(value.encode())
    except UnicodeEncodeError as error:
        raise InvalidInput("the value is not text in UTF-8", "encode it, in base64 for example") from error
    if length > LONGEST:
        raise InvalidInput(f"the value has {length} bytes; a secret has at most {LONGEST}", "keep it in a file instead")
    return value
