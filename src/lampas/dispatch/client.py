"""What a person asks of one running application's node: run a command in a release, read its log."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

from lampas.core.nodestate import Task
from lampas.dispatch import blobs, nodes, rendering, wanted

BOUND = 3600.0  # seconds that a one-off command may take


def run(app: str, number: int, argv: list[str], stdin: bytes = b"") -> Iterator[Mapping[str, Any]]:
    """Runs a command in a release's live environment, as the application's user, on its first appserver node.

    Yields:
        {"out": base64} and {"err": base64} as it writes, {"status": n} last.

    Raises:
        NotFound: No such release.
        Unreachable: The node does not answer.
    """
    row = wanted.release(app, number)
    node = nodes.with_role("appserver")[0]
    interface = nodes.connect(node)
    blobs.ship(interface, [row.manifest])
    task = Task(
        node=node.name,
        expires=int(time.time()) + 60,
        nonce=secrets.token_hex(16),
        kind="run",
        release=rendering.release_on_node(row),
        env=rendering.environment_of(node, row),
        argv=tuple(argv),
        seconds=BOUND,
    )
    yield from interface.task(task, stdin)


def logs(app: str, number: int | None, lines: int) -> list[str]:
    """The last lines that an application's units wrote, of one release or of all, from every appserver node."""
    return [line for node in nodes.with_role("appserver") for line in nodes.connect(node).logs(app, number, lines)]
