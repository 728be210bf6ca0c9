"""A command that somebody runs on a node, driven frame by frame."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping
from typing import Any

from engines.interface import Interface
from lampas.core.nodestate import Command, ReleaseOnNode, Terminal, Word

ADA = "ada"


class Run:
    """The command; it runs once this is made."""

    def __init__(
        self,
        node: Interface,
        release: ReleaseOnNode,
        *argv: str,
        terminal: Terminal | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float = 60.0,
    ) -> None:
        self.node, self.nonce, self.app = node, os.urandom(16).hex(), release.app
        expires = int(time.time()) + 60
        self.command = Command("here", expires, self.nonce, ADA, release, dict(env or {}), argv, seconds, terminal)
        self.frames = node.console.run(self.command)
        self.out, self.err, self.given = b"", b"", 0
        self.status: int | None = None
        assert next(iter(self.frames)) == {"begun": True}

    def tell(self, by: str = ADA, **said: Any) -> int:
        """Tells it something."""
        data = said.pop("data", b"")
        begin = said.pop("begin", self.given)
        word = Word(
            "here", int(time.time()) + 60, self.nonce, self.app, by, begin, base64.b64encode(data).decode(), **said
        )
        self.given = self.node.console.tell(word)
        return self.given

    def until(self, text: bytes) -> bytes:
        """Reads until it wrote this."""
        for frame in self.frames:
            self._take(frame)
            if text in self.out:
                return self.out
        raise AssertionError(f"it ended with {self.status}: {self.out!r} {self.err!r}")

    def end(self) -> int:
        """Reads to its end; returns its exit status."""
        for frame in self.frames:
            self._take(frame)
        assert self.status is not None
        return self.status

    def _take(self, frame: Mapping[str, Any]) -> None:
        self.out += base64.b64decode(frame.get("out", ""))
        self.err += base64.b64decode(frame.get("err", ""))
        self.status = frame.get("status", self.status)


def run(node: Interface, release: ReleaseOnNode, *argv: str, **more: Any) -> tuple[int, bytes, bytes]:
    """Exit status, stdout and stderr of a command that reads nothing."""
    made = Run(node, release, *argv, **more)
    made.tell(end=True)
    return made.end(), made.out, made.err
