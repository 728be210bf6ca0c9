"""Where the command line talks to, and with which token.

In this order: `--home`, LAMPAS_URL with LAMPAS_TOKEN, LAMPAS_HOME, a node in the default home, what `lampas login`
stored. For a node on this machine the token is the local operator's, which its owner alone can read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lampas.errors import InvalidInput, NotFound


@dataclass(frozen=True)
class Target:
    """An address without a slash at the end, and the token to show there ("" for none)."""

    url: str
    token: str


def default_home() -> Path:
    """Where a node on this machine stands unless it is told otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/lampas")
    return Path.home() / ".local" / "share" / "lampas"


def home(option: str | None, environment: Mapping[str, str]) -> Path:
    """The home that commands on this machine are about."""
    return Path(option or environment.get("LAMPAS_HOME") or default_home()).absolute()


def find(option: str | None, environment: Mapping[str, str]) -> Target:
    """Where to talk to.

    Args:
        option: `--home`, if it was given.
        environment: The variables of this process.

    Raises:
        NotFound: Nothing says where.
        InvalidInput: What says it cannot be read.
    """
    if option:
        return _node(Path(option).absolute())
    if environment.get("LAMPAS_URL"):
        return Target(environment["LAMPAS_URL"].rstrip("/"), environment.get("LAMPAS_TOKEN", ""))
    if environment.get("LAMPAS_HOME"):
        return _node(Path(environment["LAMPAS_HOME"]).absolute())
    if (default_home() / "lampas.json").exists():
        return _node(default_home())
    stored = login_file(environment)
    if stored.exists():
        raw = _read(stored)
        return Target(str(raw["url"]), str(raw["token"]))
    raise NotFound("there is no node to talk to", "start one: lampas up, or log in to one: lampas login URL")


def login_file(environment: Mapping[str, str]) -> Path:
    """Where `lampas login` stores what it was given."""
    base = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "lampas" / "login.json"


def store(target: Target, environment: Mapping[str, str]) -> Path:
    """Stores a login for the next commands, readable by its owner alone."""
    path = login_file(environment)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"url": target.url, "token": target.token}, file)
    aside.replace(path)
    return path


def _node(directory: Path) -> Target:
    settings = directory / "lampas.json"
    if not settings.exists():
        raise NotFound(f"there is no node in {directory}", "start one: lampas up")
    raw = _read(settings)
    bind = str(raw.get("bind", "127.0.0.1"))
    address = "127.0.0.1" if bind in ("", "0.0.0.0", "::") else bind  # noqa: S104 - it is compared, not bound
    if ":" in address:
        address = f"[{address}]"
    token = directory / "secrets" / "operator.token"
    try:
        secret = token.read_text().strip()
    except OSError as error:
        raise InvalidInput(
            f"the local operator's token {token} cannot be read: {error.strerror}",
            "run this as the node's owner, or set LAMPAS_URL and LAMPAS_TOKEN",
        ) from error
    return Target(f"http://{address}:{raw['console_port']}", secret)


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
    if not isinstance(raw, dict):
        raise InvalidInput(f"{path} holds no settings")
    return raw
