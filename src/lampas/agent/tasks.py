"""Tasks: commands in a sandbox, or a proof of start in one.

All run through the root helper as the application's user, and end with the console that asked (see
`lampas.agent.running`). Where no sandbox can be made, a start alone is tried without one; nothing else is.
"""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lampas.agent import documents, environments, observe, probe, trees
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.confined import OUT_OF_TIME, REFUSED, Account, Commands, Order
from lampas.agent.content import ContentStore
from lampas.agent.helper import Helper
from lampas.agent.running import Running
from lampas.agent.wheels import WheelStore
from lampas.core.nodestate import Manifest, ReleaseOnNode, Task
from lampas.errors import Conflict, Failed

_LOG = 256 << 10  # characters of a verification's log that are kept, the last ones
_NO_SANDBOX = "bubblewrap could not make a sandbox here, so the start was tried without one, under limits alone"
_PATIENCE = 30.0  # seconds that what touches live data waits for what touched it before

Emit = Callable[[dict[str, Any]], None]


class Tasks:
    """Carries out tasks on one node; several at once, since each is a process of its own."""

    def __init__(self, configuration: AgentConfiguration) -> None:
        self._configuration = configuration
        self._content = ContentStore(configuration.agent / "store")
        self._wheels = WheelStore(self._content)
        self._building = threading.Lock()
        self._live: dict[str, threading.Lock] = {}

    def confined(self, task: Task) -> Confined:
        """Prepares commands in a sandbox; see `Confined`."""
        return Confined(self, task)

    def proof(self, task: Task) -> Proof:
        """Prepares a verification; see `Proof`."""
        return Proof(self, task)

    def unconfined(self, task: Task, manifest: Manifest, argv: list[str]) -> Running:
        """Starts a command without a sandbox, under limits alone."""
        request = {
            "verb": "run",
            "app": task.release.app,
            "number": task.release.number,
            "argv": argv,
            "env": self.environment(task),
            "root": manifest.root,
            "limited": True,
            "seconds": task.seconds,
        }
        return Running(self._configuration, request)

    def start(
        self, task: Task, manifest: Manifest | None, commands: Sequence[Sequence[str]], titles: Sequence[str]
    ) -> Commands:
        """Starts commands in the task's sandbox."""
        env = self.environment(task)
        order = Order(task.release, manifest, commands, titles, env, task.sandbox, task.seconds)
        return Commands(self._configuration, self._content, order)

    def environment(self, task: Task) -> dict[str, str]:
        """The environment of what a task runs, with its secrets."""
        return environments.whole(self._configuration, task.release.app, task.env, task.sealed)

    def prepare(self, task: Task) -> Manifest | None:
        """Makes sure that everything stands that the sandbox shows.

        Raises:
            Failed: Content is missing.
        """
        seed = [task.sandbox.seed] if task.sandbox.seed else []
        missing = self._content.missing([*task.sandbox.inputs.values(), *seed])
        if missing:
            raise Failed(f"the node lacks {len(missing)} pieces of content", "send the content before the task")
        if task.sandbox.tree != "none":
            return self.materialise(task.release)
        with self._building, Helper(self._configuration.helper_command) as helper:
            known = observe.persistent(self._configuration, task.release.app)
            helper.ask("app-ensure", task.release.app, persist=known)
        return None

    @contextmanager
    def turn(self, task: Task) -> Iterator[None]:
        """What touches an application's live data does so alone.

        Raises:
            Conflict: What touched it before does not end.
        """
        if task.sandbox.data != "live":
            yield
            return
        with self._building:
            lock = self._live.setdefault(task.release.app, threading.Lock())
        if not lock.acquire(timeout=_PATIENCE):
            raise Conflict(f"something else works on the data of {task.release.app}", "wait for its end")
        try:
            yield
        finally:
            lock.release()

    def python(self, release: ReleaseOnNode) -> str:
        """The Python of a release."""
        return f"{self._configuration.places.environment(release.app, release.number)}/bin/python"

    def root(self, release: ReleaseOnNode, manifest: Manifest) -> str:
        """Where its module names start."""
        return self._configuration.places.code(release.app, release.number, manifest.root)

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


class Confined:
    """Commands in a sandbox, one after the other, until one fails; `close` ends them."""

    def __init__(self, tasks: Tasks, task: Task) -> None:
        self._tasks, self._task = tasks, task
        self._running: Commands | Running | None = None
        self._closed = False
        self._guard = threading.Lock()

    def close(self) -> None:
        """Ends what runs, or keeps it from starting."""
        with self._guard:
            self._closed = True
            if self._running:
                self._running.close()

    def run(self, emit: Emit) -> None:
        """Tells {"said"} as the commands write, and last {"status", "ran", "files", "links", "seconds"}.

        Raises:
            Failed: No sandbox can be made here, or what the commands left cannot be taken.
        """
        task = self._task
        manifest = self._tasks.prepare(task)
        with self._tasks.turn(task):
            account = self._follow(manifest, task.commands, [_title(words) for words in task.commands], emit)
        if account.refused:
            raise _refusal(account.refused)
        emit(
            {
                "status": account.status,
                "ran": account.ran,
                "files": list(account.files),
                "links": list(account.links),
                "reads": list(account.reads),
                "seconds": account.seconds,
            }
        )

    def _follow(
        self, manifest: Manifest | None, commands: Sequence[Sequence[str]], titles: Sequence[str], emit: Emit
    ) -> Account:
        with self._guard:
            if self._closed:
                raise Failed("whoever asked went away")
            running = self._tasks.start(self._task, manifest, commands, titles)
            self._running = running
        return running.follow(lambda text: emit({"said": text}))


class Proof(Confined):
    """A verification: setup hooks, the start, requests and a test in one sandbox, with scratch directories."""

    def run(self, emit: Emit) -> None:
        """Tells {"said"} as it goes, and last {"ok", "log", "seconds"}."""
        task, proof = self._task, self._task.proof
        manifest = self._tasks.prepare(task)
        assert manifest is not None  # noqa: S101 - a verification has a tree
        root = self._tasks.root(task.release, manifest)
        text = Path(probe.__file__).read_text()
        start = [self._tasks.python(task.release), "-P", "-B", "-c", text, manifest.entry, root]
        asked = [*start, proof.host, *proof.requests] if proof.requests else start
        commands = [*proof.setup, asked, *([proof.test] if proof.test else [])]
        titles = [*map(_title, proof.setup), "", *([_title(proof.test)] if proof.test else [])]
        log: list[str] = []

        def tell(event: dict[str, Any]) -> None:
            log.append(event["said"])
            if len(commands) > 1:
                emit(event)

        account = self._follow(manifest, commands, titles, tell)
        note = ""
        if account.refused:
            if len(commands) > 1 or proof.requests or task.sandbox.database or account.refused.startswith(REFUSED):
                raise _refusal(account.refused)
            note = f"{_NO_SANDBOX}: {account.refused}\n"
            account = self._unconfined(manifest, start, log)
        said = "".join(log)[-_LOG:] + _why(account, task, len(proof.setup))
        emit({"ok": account.status == 0, "log": (note + said).strip(), "seconds": account.seconds})

    def _unconfined(self, manifest: Manifest, start: list[str], log: list[str]) -> Account:
        begun = time.monotonic()
        running = self._tasks.unconfined(self._task, manifest, start)
        with self._guard:
            self._running = running
        running.feed(b"", end=True)
        log[:] = [data.decode(errors="replace") for _, data in running.frames()]
        return Account(running.status, 1, seconds=round(time.monotonic() - begun, 3))


def _refusal(why: str) -> Failed:
    if why.startswith(REFUSED):
        return Failed(why.removeprefix(REFUSED))
    return Failed(
        f"bubblewrap could not make a sandbox on this node, and no hook runs without one: {why}",
        "allow user namespaces, or run LAMPAS as root",
    )


def _title(words: Sequence[str]) -> str:
    return f"$ {shlex.join(words)}"


def _why(account: Account, task: Task, setup: int) -> str:
    """What to add where the application's own words do not say it."""
    if account.status == OUT_OF_TIME:
        return f"\nit did not start within {task.seconds:g} s"
    if account.status in (0, probe.FAILED):
        return ""
    if account.ran and account.ran <= setup:
        return f"\nthe setup hook {shlex.join(task.proof.setup[account.ran - 1])} ended with status {account.status}"
    if account.ran > setup + 1:
        return f"\nthe test {shlex.join(task.proof.test)} ended with status {account.status}"
    return f"\nit ended with status {account.status} while it started"
