"""An answer that ends what it tells of when the one who asked goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class WatchedStream(Response):
    """Lines of JSON as they come.

    Args:
        lines: The lines.
        stop: Called when the client has gone away or all was told.
    """

    media_type = "application/x-ndjson"

    def __init__(self, lines: AsyncIterator[bytes], stop: Callable[[], None]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._lines, self._stop = lines, stop

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Sends the lines."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        watching = asyncio.create_task(self._watch(receive))
        try:
            async for line in self._lines:
                await send({"type": "http.response.body", "body": line, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            watching.cancel()
            await asyncio.to_thread(self._stop)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] == "http.request":
            pass
        await asyncio.to_thread(self._stop)
