"""The names and ids of the flow, each a type of its own, with the one function that accepts or refuses it."""

from __future__ import annotations

import re
from typing import NewType

from lampas.errors import InvalidInput

RepositoryName = NewType("RepositoryName", str)
AppName = NewType("AppName", str)
Oid = NewType("Oid", str)  # a git object id: 40 lower-case hexadecimal digits
Sha256 = NewType("Sha256", str)  # 64 lower-case hexadecimal digits
ReleaseNumber = NewType("ReleaseNumber", int)  # from 1, per application
ReleaseId = NewType("ReleaseId", str)  # the hash of a release's inputs, a Sha256

CLUSTER = RepositoryName("cluster")
# Hosts of LAMPAS itself, and names that would make an application's user `lampas-NAME` one of LAMPAS's own.
RESERVED = frozenset({"console", "api", "git", "www", "localhost", "lampas", "static", "cluster", "front", "db"})

_REPOSITORY = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_APP = re.compile(r"[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?")
_VERSION_LIKE = re.compile(r".*-v[0-9]+")


def repository_name(text: str) -> RepositoryName:
    """Accepts a repository's name: lower case, digits, `.`, `_`, `-`, at most 64, not ending in `.git` or `.lock`.

    Raises:
        InvalidInput: It is none.
    """
    if not _REPOSITORY.fullmatch(text) or text.endswith((".git", ".lock")) or ".." in text:
        raise InvalidInput(
            f"{text!r} is not a repository name",
            "use lower-case letters, digits, '.', '_' and '-', at most 64, not ending in .git",
        )
    return RepositoryName(text)


def app_name(text: str) -> AppName:
    """Accepts an application's name: one DNS label of at most 24 characters that does not end in `-v` and digits.

    The bound comes from Unix: the application's user is `lampas-NAME`, and user names end at 32 characters.

    Raises:
        InvalidInput: It is none, or it is reserved.
    """
    if not _APP.fullmatch(text) or _VERSION_LIKE.fullmatch(text):
        raise InvalidInput(
            f"{text!r} is not an application name",
            "use lower-case letters, digits and '-', at most 24, starting with a letter, not ending in -v1",
        )
    if text in RESERVED:
        raise InvalidInput(f"the name {text!r} is reserved", "choose another name")
    return AppName(text)
