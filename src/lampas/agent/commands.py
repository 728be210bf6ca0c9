"""Commands that people run in a release: one child each, spoken to while it runs by the one who started it.

Each runs through the root helper as the application's user (see `lampas.roothelper.commands`). The pipe to the helper
is the leash: when whoever asked goes away, it is let go, and nothing that the command started is left.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import struct
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

from lampas import process
from lampas.agent import environments
from lampas.agent.configuration import AgentConfiguration
from lampas.core.nodestate import Command, Word
from lampas.errors import Denied, Failed, NotFound

_HEAD = struct.Struct(">cI")  # HEAD of roothelper/commands.py, which this package does not import; also ROOM
_ROOM = 1 << 19
_MOST_FRAME = 1 << 20
_CHUNK = 1 << 16
_PATIENCE = 5.0  # seconds that one word waits until the command takes more of its stdin
_BEAT = 5.0  # seconds between two signs of life, by which a reader that went away is found out
_NAMES = {b"o": "out", b"e": "err"}


class Commands:
    """Those that run now, by nonce."""

    def __init__(self, configuration: AgentConfiguration) -> None:
        self._configuration = configuration
        self._running: dict[str, Running] = {}

    async def run(self, command: Command, root: str) -> AsyncIterator[dict[str, Any]]:
        """Runs a command and yields {"begun": true}, {"out" | "err": base64} as it writes, {"beat": true} now and
        then, and {"status": n} last. Whoever stops asking for more ends it.

        Args:
            command: What to run; its release stands on the node.
            root: Where module names start in the release, its working directory.

        Raises:
            Failed: The root helper does not run.
        """
        running = await Running.start(self._configuration, command, root)
        self._running[command.nonce] = running
        try:
            async for frame in running.frames():
                yield frame
        finally:
            del self._running[command.nonce]
            running.close()

    async def tell(self, word: Word) -> int:
        """Tells a command something; returns how many bytes of its stdin it has taken from the one who tells, in all.

        Raises:
            NotFound: No such command runs (any more).
            Denied: Somebody else runs it.
        """
        running = self._running.get(word.nonce)
        if running is None or running.app != word.app:
            raise NotFound("this command does not run any more")
        if running.by != word.by:
            raise Denied("somebody else runs this command")
        return await running.tell(word)


class Running:
    """One command, and this end of its helper's pipes."""

    def __init__(self, started: process.Started, command: Command, pipes: _Pipes) -> None:
        self.app, self.by = command.release.app, command.by
        self._process, self._pipes = started, pipes
        self._given = self._taken = 0  # bytes of stdin that were sent to the helper, and that the command took
        self._ended = False  # whether its stdin was
        self._feeding, self._room = asyncio.Lock(), asyncio.Condition()

    @staticmethod
    async def start(configuration: AgentConfiguration, command: Command, root: str) -> Running:
        """Starts it."""
        started = process.start(configuration.helper_command, stdin=process.PIPE, new_session=True)
        running = Running(started, command, await _Pipes.open(started))
        await running._send(
            {
                "verb": "command",
                "app": command.release.app,
                "number": command.release.number,
                "nonce": command.nonce,
                "argv": list(command.argv),
                "env": environments.whole(configuration, command.release.app, command.env, command.sealed),
                "root": root,
                "seconds": command.seconds,
                "terminal": asdict(command.terminal) if command.terminal else None,
            }
        )
        return running

    async def frames(self) -> AsyncIterator[dict[str, Any]]:
        """What it writes, as it comes; the next is read once this one was taken, so nothing piles up.

        Raises:
            Failed: The root helper ended before it could tell how the command did.
        """
        reading: asyncio.Task[tuple[bytes, bytes]] | None = None
        told = time.monotonic()
        try:
            while True:
                reading = reading or asyncio.create_task(self._frame())
                done, _ = await asyncio.wait({reading}, timeout=max(0.0, told + _BEAT - time.monotonic()))
                frame: dict[str, Any] = {"beat": True}
                if done:
                    frame = await self._meaning(*reading.result())
                    reading = None
                if frame:
                    told = time.monotonic()
                    yield frame
                if "status" in frame:
                    return
        except (asyncio.IncompleteReadError, ValueError) as error:
            raise Failed(f"the root helper does not run: {await self._last_words()}", "run: lampas doctor") from error
        finally:
            if reading is not None:
                reading.cancel()

    async def tell(self, word: Word) -> int:
        """Passes a word on; bytes of stdin only as far as there is room, the rest is to be told again."""
        if word.signal:
            await self._send({"signal": word.signal})
        if word.size:
            await self._send({"size": list(word.size)})
        async with self._feeding:
            await self._feed(word)
        return self._given

    async def _feed(self, word: Word) -> None:
        data = base64.b64decode(word.data)
        fresh = data[max(0, self._given - word.begin) :] if word.begin <= self._given else b""
        if fresh:
            async with self._room:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_PATIENCE):
                        await self._room.wait_for(lambda: self._given - self._taken < _ROOM)
            fresh = fresh[: max(0, _ROOM - (self._given - self._taken))]
        for begin in range(0, len(fresh), _CHUNK):
            part = fresh[begin : begin + _CHUNK]
            self._given += len(part)
            await self._send({"in": base64.b64encode(part).decode()})
        if word.end and not self._ended and self._given >= word.begin + len(data):
            self._ended = True
            await self._send({"eof": True})

    def close(self) -> None:
        """Lets go of the leash: what still runs is ended by the helper, which is not waited for here."""
        self._pipes.close()
        threading.Thread(target=self._process.wait, daemon=True).start()

    async def _frame(self) -> tuple[bytes, bytes]:
        letter, length = _HEAD.unpack(await self._pipes.reader.readexactly(_HEAD.size))
        if length > _MOST_FRAME:
            raise ValueError("a frame is longer than one can be")
        return letter, await self._pipes.reader.readexactly(length)

    async def _meaning(self, letter: bytes, data: bytes) -> dict[str, Any]:
        """What a frame of the helper tells whoever asked; {} for what is between helper and agent alone."""
        if letter in _NAMES:
            return {_NAMES[letter]: base64.b64encode(data).decode()}
        if letter == b"c":
            async with self._room:
                self._taken += int(data)
                self._room.notify_all()
            return {}
        return {"status": int(data)} if letter == b"x" else {"begun": True}

    async def _send(self, line: dict[str, Any]) -> None:
        with contextlib.suppress(ConnectionError):
            self._pipes.writer.write(json.dumps(line).encode() + b"\n")
            await self._pipes.writer.drain()

    async def _last_words(self) -> str:
        said = await asyncio.to_thread(self._process.stderr.read) if self._process.stderr else b""
        return said.decode(errors="replace").strip()[-500:]


@dataclass(frozen=True)
class _Pipes:
    """The helper's stdout, to read, and its stdin, to write. What it says on stderr is read where it fails."""

    reader: asyncio.StreamReader
    reading: asyncio.BaseTransport
    writer: asyncio.StreamWriter

    @staticmethod
    async def open(started: process.Started) -> _Pipes:
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(limit=_MOST_FRAME)
        reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), started.stdout)
        writing, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), started.stdin
        )
        return _Pipes(reader, reading, asyncio.StreamWriter(writing, protocol, None, loop))

    def close(self) -> None:
        self.writer.transport.abort()
        self.reading.close()
