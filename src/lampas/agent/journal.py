"""The journal of one apply, and the last state that was applied: what a killed agent knows when it comes back.

The first line holds the signed state and the names of all steps and is on the disk before the first step begins. Each
step then adds a line when it begins and one when it is done; a killed process loses none of them. A power cut may lose
the last ones, and with them what they were about: units and maps are not brought to the disk one by one. So what to do
next is always decided by observing; the journal says what it was all for.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

SWAP = "swap"


@dataclass(frozen=True)
class Signed:
    """A document as it was signed."""

    data: bytes
    signature: str


@dataclass(frozen=True)
class Entry:
    """What the journal says of the last apply.

    Attributes:
        signed: The state that was to be applied.
        generation: Its generation.
        steps: The names of its steps.
        begun: Those that began; also done.
        done: As above.
        outcome: How it ended; "" where it did not.
    """

    signed: Signed
    generation: int
    steps: tuple[str, ...]
    begun: tuple[str, ...]
    done: tuple[str, ...]
    outcome: str


class Journal:
    """The files of one agent: `journal/apply.jsonl` and `state/applied.json`, its user's alone."""

    def __init__(self, directory: Path) -> None:
        """Uses `journal` and `state` under this directory."""
        self._file = directory / "journal/apply.jsonl"
        self._applied = directory / "state/applied.json"
        self._open: BinaryIO | None = None
        self._begun: tuple[int, bytes] | None = None
        self._recorded: Signed | None = None

    def begin(self, signed: Signed, generation: int, steps: Sequence[str]) -> None:
        """Begins an apply: what it is for is on the disk when this returns."""
        self.close()
        first = {
            "generation": generation,
            "signature": signed.signature,
            "document": signed.data.decode(),
            "steps": list(steps),
        }
        _write(self._file, json.dumps(first).encode() + b"\n")
        self._begun = generation, signed.data
        self._open = self._file.open("ab", buffering=0)

    def note(self, step: str, state: str) -> None:
        """Adds that a step began ("begin") or is done ("done")."""
        self._add({"step": step, "state": state})

    def end(self, outcome: str) -> None:
        """Adds how the apply ended."""
        self._add({"end": outcome})
        self.close()

    def close(self) -> None:
        """Closes the file."""
        if self._open:
            self._open.close()
            self._open = None

    def begun(self) -> tuple[int, bytes] | None:
        """The generation and the bytes of the state that was to be applied last; None before the first."""
        if self._begun is None and (entry := self.last()):
            self._begun = entry.generation, entry.signed.data
        return self._begun

    def last(self) -> Entry | None:
        """What the journal says; None before the first apply, or where its first line is not whole."""
        try:
            first, *rest = self._file.read_bytes().split(b"\n")
            head = json.loads(first)
            lines = [json.loads(line) for line in rest[:-1]]
            signed = Signed(head["document"].encode(), head["signature"])
        except (OSError, ValueError, KeyError):
            return None
        return Entry(
            signed,
            head["generation"],
            tuple(head["steps"]),
            tuple(line["step"] for line in lines if line.get("state") == "begin"),
            tuple(line["step"] for line in lines if line.get("state") == "done"),
            next((line["end"] for line in lines if "end" in line), ""),
        )

    def record(self, signed: Signed) -> None:
        """Makes this the last state that was applied."""
        _write(self._applied, json.dumps({"signature": signed.signature, "document": signed.data.decode()}).encode())
        self._recorded = signed

    def applied(self) -> Signed | None:
        """The last state that was applied. Nobody else writes it, so it is read once."""
        if self._recorded is None:
            with contextlib.suppress(OSError, ValueError, KeyError):
                raw = json.loads(self._applied.read_bytes())
                self._recorded = Signed(raw["document"].encode(), raw["signature"])
        return self._recorded

    def _add(self, line: dict[str, Any]) -> None:
        if self._open:
            self._open.write(json.dumps(line).encode() + b"\n")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
