"""What the Management Interface is told: one JSON file that `up` writes, named by LAMPAS_AGENT."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from lampas.core.nodestate import Places
from lampas.core.nodestate.places import volatile
from lampas.errors import InvalidInput


@dataclass(frozen=True)
class AgentConfiguration:
    """Everything that the agent knows about where it runs.

    Attributes:
        node: The node's name: a NodeState for another one is refused.
        home: LAMPAS's home.
        bind: The address to listen on.
        port: The port to listen on.
        certificate: Its certificate, a PEM file; also `key`.
        key: As above.
        console_ca: The authority whose clients are let in, a PEM file.
        console_key: The Ed25519 public key that signs NodeStates and tasks, a PEM file.
        helper: The command that starts the root helper; empty for the one that belongs to the home.
        isolation: "users" or "none".
        secrets_key: The file of the key that opens what is sealed to this node; "": nothing is.
        database_socket: MariaDB's socket, where it runs on this node, and its port on loopback.
        database_port: As above.
        log_size: Bytes that one log may take before it is copied aside.
        log_files: How many copies of each stay.
        log_days: Days after which what nobody writes to any more goes.
        front_secret: Kept for the host's own checks; the agent gets the keys of units with their state.
    """

    node: str
    home: str
    bind: str
    port: int
    certificate: str
    key: str
    console_ca: str
    console_key: str
    helper: tuple[str, ...] = ()
    isolation: str = "none"
    front_secret: str = ""
    secrets_key: str = ""
    database_socket: str = ""
    database_port: int = 0
    log_size: int = 10 << 20
    log_files: int = 5
    log_days: float = 30.0

    @property
    def places(self) -> Places:
        """Where things of applications stand."""
        return Places(self.home)

    @property
    def volatile(self) -> str:
        """The directory of the environments of units, which must not come to a disk."""
        return volatile(self.home, users=self.isolation == "users", shm=Path("/dev/shm").is_dir())  # noqa: S108

    @property
    def helper_command(self) -> list[str]:
        """The command that starts the root helper: by sudo where applications have users of their own."""
        if self.helper:
            return list(self.helper)
        program = f"{self.home}/software/current/lampas/roothelper/helper.py"
        sudo = ["/usr/bin/sudo", "-n"] if self.isolation == "users" else []
        return [*sudo, "/usr/bin/python3", "-I", "-S", program]

    @property
    def maps(self) -> Path:
        """The front's RewriteMap files."""
        return Path(self.home) / "front/maps"

    @property
    def agent(self) -> Path:
        """The agent's own directory."""
        return Path(self.home) / "agent"


def read(path: Path) -> AgentConfiguration:
    """Reads the file.

    Raises:
        InvalidInput: It is missing, unreadable or incomplete.
    """
    try:
        raw = json.loads(path.read_text())
        return AgentConfiguration(**{**raw, "helper": tuple(raw.get("helper", ()))})
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(f"the agent's configuration {path} cannot be used: {error}", "run: lampas up") from error


def from_environment() -> AgentConfiguration:
    """The configuration that LAMPAS_AGENT names.

    Raises:
        InvalidInput: The variable is not set, or the file cannot be used.
    """
    path = os.environ.get("LAMPAS_AGENT", "")
    if not path:
        raise InvalidInput("LAMPAS_AGENT is not set", "the agent is started by: lampas up")
    return read(Path(path))
