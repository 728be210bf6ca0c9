"""Which Debian packages the node has, as dpkg says, and those that the root helper installs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lampas import process
from lampas.agent import documents
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.helper import Helper
from lampas.core.nodestate import PackageOrder
from lampas.errors import InvalidInput

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{1,127}")
_MOST = 200
_SECONDS = 30.0


def installed(names: Sequence[str]) -> dict[str, str]:
    """The versions of those that are installed.

    Args:
        names: Names of Debian packages.

    Raises:
        InvalidInput: One is no name of a package, or there are too many.
    """
    _check(names)
    if not names:
        return {}
    form = "${Package}\t${db:Status-Status}\t${Version}\n"
    # It ends with 1 where one of them was never installed, and tells of the others all the same.
    told = process.run(["dpkg-query", "--show", f"--showformat={form}", "--", *names], timeout=_SECONDS)
    rows = [line.split("\t") for line in told.stdout.decode().splitlines()]
    return {name: version for name, status, version in rows if status == "installed"}


def order(data: bytes, node: str, now: float) -> PackageOrder:
    """Reads an order whose signature was checked.

    Raises:
        Denied: It is for another node, or too old.
        InvalidInput: It is no order.
    """
    try:
        found = PackageOrder.decode(data)
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"the order cannot be read: {error}") from error
    documents.addressed(found.node, found.expires, node, now)
    documents.nonce(found.nonce)
    _check(found.names)
    return found


def install(configuration: AgentConfiguration, wanted: PackageOrder) -> dict[str, Any]:
    """Has the helper install packages; gives what it installed, and what apt-get said.

    Raises:
        Failed: It may not be done, or could not.
    """
    with Helper(configuration.helper_command) as helper:
        answer = helper.request(
            {"verb": "packages-install", "names": list(wanted.names), "env": dict(wanted.environment)}
        )
    return {"installed": answer["installed"], "said": answer["said"]}


def _check(names: Sequence[str]) -> None:
    if len(names) > _MOST or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise InvalidInput(f"ask for at most {_MOST} Debian packages, by name")
