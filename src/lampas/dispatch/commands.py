"""Commands that people run in a release: started on its node, spoken to while they run.

The console keeps nothing of them: a command's id names its node, and the node knows who runs it. So what is told to a
command may come through any process of the console.
"""

from __future__ import annotations

import re
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lampas.core.nodestate import Command, Terminal, Word
from lampas.dispatch import blobs, nodes, rendering, wanted
from lampas.errors import Failed, NotFound
from lampas.store.models import Node

BOUND = 12 * 3600.0  # seconds that a command may take
_LIFETIME = 60  # seconds until a node refuses what was signed for it
_ID = re.compile(r"([0-9a-f]{32})-([^/]{1,64})")


@dataclass(frozen=True)
class Told:
    """What somebody tells a command: bytes of its stdin from `begin` on, its end, a signal, a size of the terminal."""

    begin: int = 0
    data: bytes = b""
    end: bool = False
    signal: str = ""
    size: tuple[int, int] | None = None


def run(app: str, number: int, argv: list[str], by: str, terminal: Terminal | None) -> Iterator[Mapping[str, Any]]:
    """Runs a command in a release's live environment, as the application's user, on its first appserver node.

    Yields:
        {"run": id} once it runs and can be told something, {"out" | "err": base64} as it writes, {"beat": true} now
        and then, {"status": n} last. Closing the iterator ends the command.

    Raises:
        NotFound: No such release.
        Unreachable: The node does not answer.
        Failed: The node could not run it.
    """
    row = wanted.release(app, number)
    node = nodes.with_role("appserver")[0]
    interface = nodes.connect(node)
    blobs.ship(interface, [row.manifest])
    environment = rendering.environment_of(node, row)
    command = Command(
        node=node.name,
        expires=int(time.time()) + _LIFETIME,
        nonce=secrets.token_hex(16),
        by=by,
        release=rendering.release_on_node(row),
        env=environment.plain,
        sealed=environment.sealed,
        argv=tuple(argv),
        seconds=BOUND,
        terminal=terminal,
    )
    for frame in interface.run(command):
        if "error" in frame:
            raise Failed(str(frame["error"]), str(frame.get("remedy") or ""))
        yield {"run": f"{command.nonce}-{node.name}"} if "begun" in frame else frame


def tell(run_id: str, app: str, by: str, told: Told) -> int:
    """Tells a command something; returns how many bytes of its stdin it was given so far: what was not, is told again.

    Raises:
        NotFound: It does not run any more.
        Denied: Somebody else runs it.
        Unreachable: Its node does not answer.
    """
    found = _ID.fullmatch(run_id)
    node = Node.objects.filter(name=found[2]).first() if found else None
    if found is None or node is None:
        raise NotFound("there is no such command")
    word = Word(
        node=node.name,
        expires=int(time.time()) + _LIFETIME,
        nonce=found[1],
        app=app,
        by=by,
        begin=told.begin,
        data=b64encode(told.data).decode(),
        end=told.end,
        signal=told.signal,
        size=told.size,
    )
    return nodes.connect(node).tell(word)
