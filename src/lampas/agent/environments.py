"""The environments of units and tasks: what is sealed to this node is opened here and nowhere else.

The environment of a unit is a file in memory, never on a disk; what this module gives is never logged or journalled.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from lampas import vault
from lampas.agent.configuration import AgentConfiguration
from lampas.core.nodestate import Unit
from lampas.core.nodestate.environment import context
from lampas.core.nodestate.places import environment_file
from lampas.errors import InvalidInput
from lampas.vault import NodeKey


def whole(configuration: AgentConfiguration, app: str, env: Mapping[str, str], sealed: str) -> dict[str, str]:
    """The environment of a process of an application, with its secrets, which win.

    Args:
        configuration: The agent's.
        app: The application.
        env: What is not secret.
        sealed: What is, sealed to this node for this application; "" where nothing is.

    Raises:
        Denied: It was not sealed to this node, or for another application.
        InvalidInput: The node has no key for secrets.
    """
    if not sealed:
        return dict(env)
    if not configuration.secrets_key:
        raise InvalidInput("this node has no key for secrets", "run: lampas up")
    return {**env, **_opened(configuration.secrets_key, sealed, context(configuration.node, app))}


def of_unit(configuration: AgentConfiguration, unit: Unit) -> bytes:
    """A unit's environment as its file holds it: `NAME=VALUE` entries that each end with NUL.

    Raises:
        Denied: Something was not sealed to this node.
    """
    env = whole(configuration, unit.app, unit.env, unit.sealed)
    return b"".join(f"{name}={value}".encode() + b"\0" for name, value in sorted(env.items()))


def file(configuration: AgentConfiguration, app: str, number: int, slot: int) -> Path:
    """The file of a unit's environment; that of a unit of the first LAMPAS stands with its other files."""
    if not slot:
        return Path(configuration.places.unit(app, number, slot)) / "env"
    return Path(environment_file(configuration.volatile, app, number, slot))


def directory(configuration: AgentConfiguration, app: str) -> Path:
    """Where the environments of an application's units stand; the root helper makes it."""
    return Path(configuration.volatile) / app


@lru_cache(maxsize=4096)
def _opened(key: str, sealed: str, words: str) -> Mapping[str, str]:
    """Opening takes a tenth of a millisecond for each unit, and every plan compares all of them twice."""
    try:
        content = json.loads(vault.open_at(_key(key), b64decode(sealed, validate=True), words))
    except ValueError as error:
        raise InvalidInput("a sealed environment cannot be read", "send it again") from error
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise InvalidInput("a sealed environment cannot be read", "send it again")
    return content


@lru_cache(maxsize=2)
def _key(path: str) -> NodeKey:
    try:
        return vault.node_key(bytes.fromhex(Path(path).read_text().strip()))
    except (OSError, ValueError) as error:
        raise InvalidInput("the node's key for secrets cannot be read", "run: lampas up") from error
