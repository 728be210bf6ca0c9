"""The Management Interface: an HTTPS server that lets in clients of the console's authority alone.

    GET  /v1/status
    POST /v1/blobs/missing    {"sha256": […]} → {"missing": […]}
    POST /v1/blobs            framed content → {"stored": n}
    POST /v1/blobs/fetch      {"sha256": […]} → framed content
    POST /v1/apply            a signed NodeState → NDJSON {"step", "state", "detail"}…, {"outcome", "error"?}
    POST /v1/task             a signed Task → NDJSON frames, last {"ok", "log"} or {"status", …}
    POST /v1/database         a signed DatabaseOrder → what the verb answers
    POST /v1/commands         a signed Command → NDJSON {"begun"}, {"out"}…, {"err"}…, {"beat"}…, {"status"}
    POST /v1/commands/words   a signed Word to a command that runs → {"given": n}, the bytes of stdin it has so far
    POST /v1/data/drop        a signed DataOrder → {}
    GET  /v1/disk?app=        what takes the disk; see `disk`
    GET  /v1/logs?app=&…       what units wrote; see `logrequests`
    GET  /v1/packages?name=&name=…    Debian packages → {"installed": {name: version}}
    POST /v1/packages         a signed PackageOrder → {"installed": {name: version}, "said"}

Refusals are {"error", "remedy"}. Without a certificate of the console there is no HTTP at all; without its signature
no document is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from lampas.agent import databases, disk, documents, logrequests, packages, tasks
from lampas.agent.applying import Applier, Emit
from lampas.agent.commands import Commands
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.content import ContentStore
from lampas.agent.nonces import Nonces
from lampas.agent.status import status
from lampas.agent.watching import WatchedStream
from lampas.errors import Denied, InvalidInput, LampasError, NotFound

_MOST_STATE = 64 << 20  # bytes of a NodeState
_MOST_TASK = 4 << 20  # bytes of a task
_MOST_NAMES = 16 << 20  # bytes of a request for what is missing
NOT_RUN = 126  # the exit status of what could not be run
_STATUSES: dict[type[LampasError], int] = {InvalidInput: 400, Denied: 403, NotFound: 404}


class ManagementInterface:
    """The routes, and what they share."""

    def __init__(self, configuration: AgentConfiguration, applier: Applier, key: Ed25519PublicKey) -> None:
        self._configuration, self._applier, self._key = configuration, applier, key
        self._content = ContentStore(configuration.agent / "store")
        self._tasks = tasks.Tasks(configuration)
        self._commands = Commands(configuration)
        self._nonces = Nonces()

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/v1/status", self.status),
                Route("/v1/blobs/missing", self.missing, methods=["POST"]),
                Route("/v1/blobs", self.blobs, methods=["POST"]),
                Route("/v1/blobs/fetch", self.fetch, methods=["POST"]),
                Route("/v1/apply", self.apply, methods=["POST"]),
                Route("/v1/task", self.task, methods=["POST"]),
                Route("/v1/database", self.database, methods=["POST"]),
                Route("/v1/commands", self.command, methods=["POST"]),
                Route("/v1/commands/words", self.word, methods=["POST"]),
                Route("/v1/data/drop", self.drop_data, methods=["POST"]),
                Route("/v1/disk", self.disk),
                Route("/v1/logs", self.logs),
                Route("/v1/packages", self.packages),
                Route("/v1/packages", self.install, methods=["POST"]),
            ],
            exception_handlers={LampasError: _refusal, HTTPException: _no_route},
        )

    async def status(self, _: Request) -> Response:
        """What runs, as observed."""
        return JSONResponse(await asyncio.to_thread(status, self._configuration, self._applier))

    async def missing(self, request: Request) -> Response:
        """Which content the node lacks."""
        names = documents.names(_json(await _body(request, _MOST_NAMES)))
        return JSONResponse({"missing": await asyncio.to_thread(self._content.missing, names)})

    async def blobs(self, request: Request) -> Response:
        """Takes content in."""
        with self._content.receive() as receiver:
            return JSONResponse({"stored": await receiver.take(request.stream())})

    async def fetch(self, request: Request) -> Response:
        """Gives content back: what a build left here."""
        names = documents.names(_json(await _body(request, _MOST_NAMES)))
        if await asyncio.to_thread(self._content.missing, names):
            raise NotFound("the node lacks some of the content that was asked for")
        return StreamingResponse(self._content.framed(names), media_type="application/octet-stream")

    async def apply(self, request: Request) -> Response:
        """Applies a state. It goes on to its end even if the console goes away."""
        data = await _body(request, _MOST_STATE)
        signature = request.headers.get("lampas-signature", "")

        def work(emit: Emit) -> None:
            outcome = self._applier.apply(data, signature, emit)
            said = {"error": outcome.error, "remedy": outcome.remedy} if outcome.error else {}
            emit({"outcome": outcome.outcome, **said})

        return StreamingResponse(_events(work, {"outcome": "undone"}), media_type="application/x-ndjson")

    async def task(self, request: Request) -> Response:
        """Carries out a task."""
        task = documents.task(await self._signed(request), self._configuration.node, time.time())
        self._nonces.use(task.nonce, task.expires)
        confined = self._tasks.proof(task) if task.kind == "verify" else self._tasks.confined(task)
        failed = {"ok": False} if task.kind == "verify" else {"status": NOT_RUN}
        return WatchedStream(_events(confined.run, failed), confined.close)

    async def database(self, request: Request) -> Response:
        """Carries an order to MariaDB out. It goes on to its end even if the console goes away."""
        order = databases.order(await self._signed(request), self._configuration.node, time.time())
        self._nonces.use(order.nonce, order.expires)
        return JSONResponse(await asyncio.to_thread(databases.carry_out, self._configuration, order))

    async def command(self, request: Request) -> Response:
        """Runs a command of a person, until it has ended or whoever asked goes away."""
        command = documents.command(await self._signed(request), self._configuration.node, time.time())
        self._nonces.use(command.nonce, command.expires)
        manifest = await asyncio.to_thread(self._tasks.materialise, command.release)
        return StreamingResponse(_lines(self._commands.run(command, manifest.root)), media_type="application/x-ndjson")

    async def word(self, request: Request) -> Response:
        """Tells a command something."""
        word = documents.word(await self._signed(request), self._configuration.node, time.time())
        return JSONResponse({"given": await self._commands.tell(word)})

    async def drop_data(self, request: Request) -> Response:
        """Removes the data of an application that the node no longer holds."""
        order = documents.data_order(await self._signed(request), self._configuration.node, time.time())
        self._nonces.use(order.nonce, order.expires)
        await asyncio.to_thread(self._applier.drop_data, order.app)
        return JSONResponse({})

    async def disk(self, request: Request) -> Response:
        """What takes the disk."""
        app = request.query_params.get("app", "")
        if app and not documents.is_app(app):
            raise InvalidInput("ask for ?app=NAME")
        return JSONResponse(await asyncio.to_thread(disk.measured, self._configuration, app))

    async def _signed(self, request: Request) -> bytes:
        data = await _body(request, _MOST_TASK)
        return documents.verified(self._key, data, request.headers.get("lampas-signature", ""))

    async def logs(self, request: Request) -> Response:
        """What an application's units wrote, or was asked; see `logrequests`."""
        return JSONResponse(await logrequests.answer(self._configuration, request.query_params))

    async def packages(self, request: Request) -> Response:
        """Which of some Debian packages are installed."""
        names = request.query_params.getlist("name")
        return JSONResponse({"installed": await asyncio.to_thread(packages.installed, names)})

    async def install(self, request: Request) -> Response:
        """Installs Debian packages. It goes on to its end even if the console goes away."""
        order = packages.order(await self._signed(request), self._configuration.node, time.time())
        self._nonces.use(order.nonce, order.expires)
        return JSONResponse(await asyncio.to_thread(packages.install, self._configuration, order))


async def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, LampasError)  # noqa: S101 - registered for these
    code = next((code for family, code in _STATUSES.items() if isinstance(error, family)), 500)
    return JSONResponse({"error": error.message, "remedy": error.remedy}, status_code=code)


async def _no_route(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for these
    return JSONResponse({"error": str(error.detail), "remedy": ""}, status_code=error.status_code)


async def _body(request: Request, most: int) -> bytes:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise InvalidInput(f"the request is longer than {most} bytes")
    return data


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise InvalidInput("the request is not JSON") from error


async def _lines(frames: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    try:
        async for frame in frames:
            yield json.dumps(frame).encode() + b"\n"
    except LampasError as error:
        yield json.dumps({"error": error.message, "remedy": error.remedy}).encode() + b"\n"


async def _events(work: Callable[[Emit], None], on_error: dict[str, Any]) -> AsyncIterator[bytes]:
    """Runs work in a thread of its own and gives what it tells, line by line. A daemon thread: when the agent is told
    to end, an apply is left between two steps, which the next start completes or undoes."""
    queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def emit(event: dict[str, Any] | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended; nobody listens any more
            loop.call_soon_threadsafe(queue.put_nowait, event)

    def body() -> None:
        try:
            work(emit)
        except LampasError as error:
            emit({**on_error, "error": error.message, "log": error.message, "remedy": error.remedy})
        except Exception as error:
            emit({**on_error, "error": f"the agent failed: {error!r}", "log": f"the agent failed: {error!r}"})
            raise
        finally:
            emit(None)

    threading.Thread(target=body, daemon=True).start()
    while (event := await queue.get()) is not None:
        yield json.dumps(event).encode() + b"\n"
