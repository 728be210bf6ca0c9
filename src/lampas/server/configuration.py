"""What the server's processes (console, worker) are told: one JSON file that `up` writes, named by LAMPAS_SERVER.

It may hold secrets, so only the server's own Unix user can read it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from lampas.errors import InvalidInput


@dataclass(frozen=True)
class DatabaseAccess:
    """How to reach MariaDB: a socket and an account."""

    socket: str
    name: str
    user: str
    password: str


@dataclass(frozen=True)
class Configuration:
    """Everything that the server's processes know about where they run.

    Attributes:
        node: The name of this node.
        home: LAMPAS's home directory.
        domain: What application hosts end in, `localhost`.
        port: The front's port.
        console_port: The console's, the API's and git's port.
        bind: The address that both listen on.
        database: MariaDB.
        secret_key: Django's.
        cache: The directory of disposable caches (`git/` in it).
        scratch: A directory for temporary files on the same file system.
        uv_cache: uv's cache.
        uv: The uv program.
        client_certificate: Certificate and key of the console towards agents, PEM files, and the nodes' CA.
        client_key: As above.
        nodes_ca: As above.
        signing_key: The PEM file of the Ed25519 key that signs NodeStates and tasks.
        doorbell: The datagram socket that wakes the worker.
        front_secret: What units demand of requests, in the header `Lampas-Front`.
        isolation: "users" or "none".
        index_url: The package index that uv asks; "" for uv's own default.
        cpan_mirror: The CPAN mirror that builds ask, an address or a directory; "": there is none.
        vault_key: The file of the key that seals secrets in the database.
        first_slot: The first of the loopback ports of release units; two nodes of one machine have different ones.
        database_port: MariaDB's port on loopback, where applications reach it.
    """

    node: str
    home: str
    domain: str
    port: int
    console_port: int
    bind: str
    database: DatabaseAccess
    secret_key: str
    cache: str
    scratch: str
    uv_cache: str
    uv: str
    client_certificate: str
    client_key: str
    nodes_ca: str
    signing_key: str
    doorbell: str
    front_secret: str
    isolation: str
    index_url: str = ""
    cpan_mirror: str = ""
    vault_key: str = ""
    first_slot: int = 18200
    database_port: int = 3306

    @property
    def console_url(self) -> str:
        """Where people and git reach the console, without a slash at the end."""
        return f"http://{self.domain}:{self.console_port}"


def read(path: Path) -> Configuration:
    """Reads the file.

    Raises:
        InvalidInput: It is missing, unreadable or incomplete.
    """
    try:
        raw = json.loads(path.read_text())
        return Configuration(**{**raw, "database": DatabaseAccess(**raw["database"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"the server's configuration {path} cannot be used: {error}", "run: lampas up") from error


def from_environment() -> Configuration:
    """The configuration that LAMPAS_SERVER names.

    Raises:
        InvalidInput: The variable is not set, or the file cannot be used.
    """
    path = os.environ.get("LAMPAS_SERVER", "")
    if not path:
        raise InvalidInput("LAMPAS_SERVER is not set", "the server's processes are started by: lampas up")
    return read(Path(path))
