"""Tasks: a verification of a release's start in a sandbox, or one command in its live environment.

Both run through the root helper as the application's user. The pipe to the helper is the leash (see
`lampas.roothelper.running`): whoever closes it ends the command, so a console that goes away leaves nothing behind.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import selectors
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lampas import process
from lampas.agent import documents, environments, observe, probe, trees
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.content import ContentStore
from lampas.agent.helper import Helper
from lampas.agent.wheels import WheelStore
from lampas.core.nodestate import DatabaseOrder, Manifest, ReleaseOnNode, Task
from lampas.errors import Denied, Failed

_LOG = 256 << 10  # bytes of a verification's log that are kept, the last ones
_NO_SANDBOX = "bubblewrap could not make a sandbox here, so the start was tried without one, under limits alone"
_BEGIN = b"\0lampas\0"  # BEGIN of roothelper/helper.py, which this package does not import
_CHUNK = 65536


@dataclass
class Nonces:
    """Tasks that were seen: the same one is never carried out twice, as long as its signature could still count."""

    _seen: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, task: Task | DatabaseOrder) -> None:
        """Uses the nonce of a task or an order up.

        Raises:
            Denied: It was used before.
        """
        with self._lock:
            now = int(time.time())
            self._seen = {nonce: expires for nonce, expires in self._seen.items() if expires >= now}
            if task.nonce in self._seen:
                raise Denied("this task was carried out before")
            self._seen[task.nonce] = task.expires


class Tasks:
    """Carries out tasks on one node; several at once, since each is a process of its own."""

    def __init__(self, configuration: AgentConfiguration) -> None:
        self._configuration = configuration
        self._content = ContentStore(configuration.agent / "store")
        self._wheels = WheelStore(self._content)
        self._building = threading.Lock()

    def verify(self, task: Task) -> dict[str, Any]:
        """Tries the start of a release, alone: no network, scratch directories. Returns {"ok", "log"}."""
        manifest = self.materialise(task.release)
        text = Path(probe.__file__).read_text()
        root = self._configuration.places.code(task.release.app, task.release.number, manifest.root)
        python = f"{self._configuration.places.environment(task.release.app, task.release.number)}/bin/python"
        argv = [python, "-P", "-B", "-c", text, manifest.entry, root]
        begun = time.monotonic()
        status, log = self._tried(task, manifest, argv, sandbox=True)
        if status not in (0, probe.FAILED) and _is_sandbox_failure(log):
            note = f"{_NO_SANDBOX}: {log.strip().splitlines()[0]}"
            status, log = self._tried(task, manifest, argv, sandbox=False)
            log = f"{note}\n{log}"
        took = time.monotonic() - begun
        if status == 124:
            log += f"\nit did not start within {task.seconds:g} s"
        elif status not in (0, probe.FAILED):
            log += f"\nit ended with status {status} while it started"
        return {"ok": status == 0, "log": log.strip(), "seconds": round(took, 3)}

    def command(self, task: Task) -> Running:
        """Starts a command in the live environment of a release, at the root of its code."""
        manifest = self.materialise(task.release)
        return Running(
            self._configuration,
            _request(task, self._environment(task), manifest, list(task.argv), sandbox=False),
        )

    def materialise(self, release: ReleaseOnNode) -> Manifest:
        """Makes sure that the release's tree stands on the node.

        Raises:
            Failed: Content is missing.
        """
        manifest = documents.manifest(self._content.read(release.manifest))
        if manifest.app != release.app:
            raise Failed(f"the manifest of {release.app} {release.number} is one of {manifest.app}")
        with self._building, Helper(self._configuration.helper_command) as helper:
            if trees.held(self._configuration.places, release.app, release.number) == release.manifest:
                return manifest
            lacking = trees.lacking(self._content, self._wheels, manifest)
            if lacking:
                raise Failed(f"the node lacks {len(lacking)} pieces of content", "send the content before the task")
            prepared = observe.prepared(self._configuration, manifest)
            if not prepared:
                helper.start()
            self._wheels.unpack(self._wheels.missing([wheel.sha256 for wheel in manifest.wheels]))
            if not prepared:
                persist = {*manifest.persist, *observe.persistent(self._configuration, release.app)}
                helper.ask("app-ensure", release.app, persist=sorted(persist))
                observe.note_persistent(self._configuration, release.app, persist)
            trees.build(self._configuration.places, self._content, self._wheels, release, manifest)
        return manifest

    def _environment(self, task: Task) -> dict[str, str]:
        return environments.whole(self._configuration, task.release.app, task.env, task.sealed)

    def _tried(self, task: Task, manifest: Manifest, argv: list[str], *, sandbox: bool) -> tuple[int, str]:
        running = Running(
            self._configuration,
            _request(task, self._environment(task), manifest, argv, sandbox=sandbox, limited=True),
        )
        running.feed(b"", end=True)
        log = b""
        for _, data in running.frames():
            log = (log + data)[-_LOG:]
        return running.status, log.decode(errors="replace")


class Running:
    """A command that runs; `frames` gives what it writes, `status` counts once they have ended."""

    def __init__(self, configuration: AgentConfiguration, request: dict[str, Any]) -> None:
        self._process = process.start(configuration.helper_command, stdin=process.PIPE, new_session=True)
        self._lock = threading.Lock()
        self.status = -1
        self._preface: bytes | None = b""
        self._write(request)

    def feed(self, data: bytes, *, end: bool = False) -> None:
        """Gives the command more of its stdin, and ends it if asked."""
        for begin in range(0, len(data), _CHUNK):
            self._write({"in": base64.b64encode(data[begin : begin + _CHUNK]).decode()})
        if end:
            self._write({"eof": True})

    def frames(self) -> Iterator[tuple[str, bytes]]:
        """What the command writes, as it comes: ("out" or "err", bytes)."""
        assert self._process.stdout is not None  # noqa: S101 - started with pipes
        assert self._process.stderr is not None  # noqa: S101
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ, "out")
            selector.register(self._process.stderr, selectors.EVENT_READ, "err")
            while selector.get_map():
                for key, _ in selector.select():
                    data = os.read(key.fd, _CHUNK)
                    if not data:
                        selector.unregister(key.fileobj)
                    if key.data == "err":
                        data = self._after_begin(data)
                    if data:
                        yield key.data, data
        self.status = self._process.wait()
        self.close()

    def _after_begin(self, data: bytes) -> bytes:
        """The command's own stderr. What sudo says ahead of it (of a host name that it cannot look up, say) is shown
        only where the command did not come about."""
        if self._preface is None:
            return data
        self._preface += data
        before, found, after = self._preface.partition(_BEGIN)
        if not found and data:
            return b""
        self._preface = None
        return after if found else before

    def close(self) -> None:
        """Lets go of the leash: what still runs is ended by the helper."""
        with self._lock:
            if self._process.stdin:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()

    def _write(self, line: dict[str, Any]) -> None:
        with self._lock, contextlib.suppress(BrokenPipeError, ValueError):
            assert self._process.stdin is not None  # noqa: S101 - started with a pipe
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()


def run(running: Running, emit: Callable[[dict[str, Any]], None]) -> None:
    """Tells what a command writes as frames {"out" | "err": base64}, and its exit status as the last one."""
    for name, data in running.frames():
        emit({name: base64.b64encode(data).decode()})
    emit({"status": running.status})


def _request(
    task: Task, env: dict[str, str], manifest: Manifest, argv: list[str], *, sandbox: bool, limited: bool = False
) -> dict[str, Any]:
    return {
        "verb": "run",
        "app": task.release.app,
        "number": task.release.number,
        "argv": argv,
        "env": env,
        "root": manifest.root,
        "sandbox": sandbox,
        "limited": limited,
        "persist": list(manifest.persist),
        "seconds": task.seconds,
    }


def _is_sandbox_failure(log: str) -> bool:
    return any(line.startswith(("bwrap:", "setpriv:")) for line in log.splitlines()[:3])
