"""lampas.json: what a node is told about itself, without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lampas.errors import InvalidInput, NotFound
from lampas.pki import write_public

USERS = "users"
NONE = "none"
_DOMAIN = re.compile(r"(?=.{1,200}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_MIRROR = re.compile(r"(?:https?://[^\s/]|/)\S*")


@dataclass(frozen=True)
class Settings:
    """The settings of a node.

    Attributes:
        node: Its name.
        domain: What application hosts end in.
        port: The front's port.
        console_port: The console's, the API's and git's port.
        agent_port: The Management Interface's port, on loopback.
        database_port: MariaDB's port, on loopback.
        bind: The address that front and console listen on.
        isolation: "users" (each process and application has a Unix user) or "none".
        owner: The Unix user that set the node up; everything is theirs without isolation.
        software: The digest of the package that is in force.
        python: The interpreter, in the environment that the launcher made.
        users: The Unix users that this home made, for `destroy`.
        environment: Variables that LAMPAS's own processes get: certificates and proxies.
        index_url: The package index that builds ask; "" for uv's own default.
        cpan_mirror: The CPAN mirror that builds ask, an address or a directory; "": there is none.
        first_slot: The first of the loopback ports of release units.
        log_size: MiB that one log of a unit or of the front may take before it is copied aside.
        log_files: How many copies of each stay.
        log_days: Days after which what nobody writes to any more goes.
    """

    node: str
    domain: str
    port: int
    console_port: int
    agent_port: int
    database_port: int
    bind: str
    isolation: str
    owner: str
    software: str = ""
    python: str = ""
    users: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    index_url: str = ""
    cpan_mirror: str = ""
    first_slot: int = 18200
    log_size: int = 10
    log_files: int = 5
    log_days: int = 30

    @property
    def console_url(self) -> str:
        """Where people reach the console, without a slash at the end."""
        return f"http://{self.domain}:{self.console_port}"

    @property
    def git_url(self) -> str:
        """What the addresses of repositories start with."""
        return f"{self.console_url}/git"

    def app_url(self, label: str) -> str:
        """The address of an application (`sample`) or of one of its versions (`sample-v1`)."""
        return f"http://{label}.{self.domain}:{self.port}/"


def read(path: Path) -> Settings:
    """Reads lampas.json.

    Raises:
        NotFound: There is none.
        InvalidInput: It cannot be used.
    """
    try:
        raw = json.loads(path.read_text())
        return Settings(**{**raw, "users": tuple(raw["users"])})
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"there is no LAMPAS node in {path.parent}", "set one up: lampas up") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"the settings {path} cannot be used: {error}", "put it back, or restore it") from error


def write(path: Path, settings: Settings) -> None:
    """Writes lampas.json, whole or not at all."""
    write_public(path, (json.dumps(asdict(settings), indent=1, sort_keys=True) + "\n").encode())


def checked(settings: Settings) -> Settings:
    """The same settings, if they can work together.

    Raises:
        InvalidInput: A port or the domain cannot be used.
    """
    if not _DOMAIN.fullmatch(settings.domain):
        raise InvalidInput(f"{settings.domain!r} is not a domain", "use a name such as apps.example.com, lower case")
    for what, port in (("--port", settings.port), ("--console-port", settings.console_port)):
        if not 1024 <= port <= 65535:
            raise InvalidInput(f"{what} {port} is not a port that LAMPAS can have", "use one from 1024 to 65535")
    if settings.cpan_mirror and not _MIRROR.fullmatch(settings.cpan_mirror):
        raise InvalidInput(
            f"--cpan-mirror {settings.cpan_mirror!r} is no mirror", "give an http or https address, or a directory"
        )
    if settings.port == settings.console_port:
        raise InvalidInput("applications and the console need two ports", "use another --console-port")
    return settings
