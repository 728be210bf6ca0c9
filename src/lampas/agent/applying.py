"""Applies a NodeState: check → observe → plan → take the steps; on failure put back what was.

Undoing is applying the state that was applied before: the same plan from what is observed now. So a failure, a kill
between any two steps and a change of mind all end by the same road.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lampas.agent import documents, observe
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.helper import Helper
from lampas.agent.journal import SWAP, Journal, Signed
from lampas.agent.plan import Step, plan
from lampas.agent.steps import Steps
from lampas.core.nodestate import NodeState
from lampas.errors import Denied, Failed, LampasError

Emit = Callable[[dict[str, Any]], None]
_RECORD = "record"
_ROOM = "make room on the node's disk"


@dataclass(frozen=True)
class Outcome:
    """How an apply ended: "applied", "unchanged", "undone" or "refused", with the reason of the last two."""

    outcome: str
    error: str = ""
    remedy: str = ""


class Applier:
    """Applies states on one node, one at a time. Its methods may be called from any thread."""

    def __init__(self, configuration: AgentConfiguration, key: Ed25519PublicKey) -> None:
        self._configuration, self._key = configuration, key
        self._journal = Journal(configuration.agent)
        self._helper = Helper(configuration.helper_command)
        self._one = threading.Lock()
        self._applied: tuple[Signed, NodeState] | None = None
        self.busy: dict[str, Any] = {}

    def apply(self, data: bytes, signature: str, emit: Emit, now: float | None = None) -> Outcome:
        """Applies a signed state; tells each step through `emit` as {"step", "state", "detail"}.

        Args:
            data: The encoded NodeState.
            signature: Its signature in base64.
            emit: Is told what happens.
            now: Unix seconds, for tests; the clock's otherwise.
        """
        with self._one:
            try:
                documents.verified(self._key, data, signature)
                state = documents.state(data, self._configuration.node, time.time() if now is None else now)
                self._in_order(state, data)
                return self._apply(Signed(data, signature), state, emit)
            except LampasError as error:
                return Outcome("refused", error.message, error.remedy)
            except OSError as error:  # nothing was begun: the journal could not be written
                return Outcome("refused", f"the journal cannot be written: {error.strerror}", _ROOM)
            finally:
                self.busy = {}

    def recover(self, emit: Emit) -> Outcome | None:
        """Completes or undoes what a killed agent left, and starts what should run; None before the first apply.

        An apply whose maps began to be swapped is completed: all that it sends requests to had answered. Before that,
        what was applied earlier is put back.
        """
        with self._one:
            entry, applied = self._journal.last(), self.applied()
            target = self._journal.applied()
            swapped = entry is not None and SWAP in entry.begun and entry.outcome in ("", "applied")
            if entry and swapped and entry.generation > (applied.generation if applied else -1):
                target = entry.signed  # it was not recorded, but requests are sent to it
            if target is None and entry and not entry.outcome:
                state = _nothing(self._configuration.node)
                with contextlib.suppress(LampasError):
                    self._take(state, self._plan(state), emit)
                self._journal.end("undone")
                return Outcome("undone", "it was interrupted")
            if target is None:
                return None
            try:
                state = documents.state(
                    documents.verified(self._key, target.data, target.signature), self._configuration.node, None
                )
                return self._apply(target, state, emit)
            except LampasError as error:
                return Outcome("refused", error.message, error.remedy)
            finally:
                self.busy = {}

    def drop_data(self, app: str) -> None:
        """Removes the data of an application, and the application's user; not while a state is applied.

        Raises:
            Failed: The node still holds the application, or it could not be done.
        """
        with self._one:
            applied = self.applied()
            if applied and app in applied.apps:
                raise Failed(f"{app} runs here", f"delete it first: lampas app delete {app}")
            self._helper.ask("data-drop", app)

    def applied(self) -> NodeState | None:
        """The last state that was applied, if its signature still holds."""
        signed = self._journal.applied()
        if signed is None:
            return None
        if self._applied is None or self._applied[0] != signed:
            try:
                data = documents.verified(self._key, signed.data, signed.signature)
                self._applied = signed, documents.state(data, self._configuration.node, None)
            except LampasError:
                return None
        return self._applied[1]

    def _in_order(self, state: NodeState, data: bytes) -> None:
        """An older generation is refused; an equal one must be equal."""
        applied, done = self.applied(), self._journal.applied()
        known = [self._journal.begun()]
        if applied and done:
            known.append((applied.generation, done.data))
        for generation, before in filter(None, known):
            if state.generation < generation:
                raise Denied(f"generation {state.generation} is older than {generation}, which this node has seen")
            if state.generation == generation and before != data:
                raise Denied(f"generation {generation} was something else when this node saw it first")

    def _apply(self, signed: Signed, state: NodeState, emit: Emit) -> Outcome:
        steps = self._plan(state)
        if not steps:
            if self._journal.applied() != signed:
                self._journal.record(signed)
            entry = self._journal.last()
            if entry and not entry.outcome:
                self._journal.begin(signed, state.generation, ())
                self._journal.end("unchanged")
            return Outcome("unchanged")
        previous = self.applied()
        self._journal.begin(signed, state.generation, [*(step.title for step in steps), _RECORD])
        try:
            self._take(state, steps, emit)
        except LampasError as error:
            return self._undo(previous, error, emit)
        self._record(signed, state.generation, emit)
        return Outcome("applied")

    def _record(self, signed: Signed, generation: int, emit: Emit) -> None:
        """Remembers what was applied. Where the disk is full now, the journal's first line still says what it was."""
        try:
            self._journal.note(_RECORD, "begin")
            self._journal.record(signed)
            self._journal.note(_RECORD, "done")
            self._journal.end("applied")
        except OSError as error:
            emit({"step": _RECORD, "state": "failed", "detail": f"{error.strerror}: {_ROOM}"})
        else:
            emit({"step": _RECORD, "state": "done", "detail": f"generation {generation}"})

    def _plan(self, state: NodeState) -> tuple[Step, ...]:
        seen = observe.observe(self._configuration, state, self.applied())
        return plan(state, observe.digests(self._configuration, state), seen)

    def _take(self, state: NodeState, steps: tuple[Step, ...], emit: Emit) -> None:
        """Takes the steps. Once the maps are swapped there is no way back: what fails then is told, and left over
        for the next apply to take away."""
        swapped = False
        hands = Steps(self._configuration, state, self._helper)
        hands.prepare(steps)
        for step in steps:
            self.busy = {"generation": state.generation, "step": step.title}
            swapped = swapped or step.verb in _LATER
            emit({"step": step.title, "state": "running", "detail": ""})
            try:
                detail = self._noted(hands, step)
            except LampasError as error:
                emit({"step": step.title, "state": "failed", "detail": error.message})
                if not swapped:
                    raise
            else:
                emit({"step": step.title, "state": "done", "detail": detail})

    def _noted(self, hands: Steps, step: Step) -> str:
        """Takes a step between its two lines. A disk that is too full for a line keeps no step from being taken: what
        is to be done is decided by observing, and undoing makes room."""
        self._note(step.title, "begin")
        try:
            detail = hands.take(step)
        except OSError as error:
            raise Failed(f"{step.title}: {error.strerror}", _ROOM) from error
        self._note(step.title, "done")
        return detail

    def _note(self, title: str, state: str) -> None:
        with contextlib.suppress(OSError):
            self._journal.note(title, state)

    def _undo(self, previous: NodeState | None, error: LampasError, emit: Emit) -> Outcome:
        state = previous or _nothing(self._configuration.node)

        def told(event: dict[str, Any]) -> None:
            emit({**event, "step": f"undo: {event['step']}"})

        message = error.message
        try:
            self._take(state, self._plan(state), told)
            self._journal.end("undone")
        except (LampasError, OSError) as second:
            message += f"\nWhat was could not be put back whole: {second}"
        return Outcome("undone", message, error.remedy)


_LATER = frozenset({"drain", "stop", "hide", "discard", "prune", "remove"})


def _nothing(node: str) -> NodeState:
    """The state of a node before its first apply. Its maps are what the host wrote, and are left alone."""
    return NodeState(node, 0, 0, (), (), (), {}, drain=0.0)
