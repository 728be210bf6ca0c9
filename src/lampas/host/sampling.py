"""The sample application of a new node, made as a user makes one: by the command line, step by step.

Which steps are done stands in a file, so an interrupted set-up goes on, and a sample that its owner has deleted does
not come back. A step that was interrupted may run again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lampas import process
from lampas.errors import Failed
from lampas.host.layout import Layout
from lampas.host.programs import operator_environment
from lampas.host.settings import Settings

NAME = "sample"
_IMPORT = ("import", "{source}", "--repo", NAME, "-m")
STEPS: dict[str, tuple[str, ...]] = {
    "push version 1": (*_IMPORT, "sample: a page that says who answers"),
    "create": ("app", "create", NAME, "--repo", NAME, "--entry", "app:application"),
    "build version 1": ("release", "build", NAME),
    "deploy version 1": ("deploy", NAME, "1"),
    "push version 2": (*_IMPORT, "page: another colour and another greeting"),
    "build version 2": ("release", "build", NAME),
    "deploy version 2": ("deploy", NAME, "2", "--traffic", "50"),
}


@dataclass(frozen=True)
class CommandLine:
    """The command line of this node, as its operator runs it."""

    layout: Layout
    settings: Settings

    def __call__(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Runs a command with --json; returns its exit status and its document."""
        argv = [self.settings.python, "-P", "-m", "lampas.cli", *words, "--json"]
        env = operator_environment(self.layout, self.settings)
        done = process.run(argv, cwd=Path("/"), env=env, timeout=180)
        try:
            return done.status, dict(json.loads(done.stdout))
        except ValueError as error:
            said = done.stderr.decode(errors="replace").strip()[-1000:]
            raise Failed(f"lampas {' '.join(words)} failed: {said}", "run: lampas doctor") from error


def ensure(layout: Layout, settings: Settings, say: Callable[[str], None]) -> tuple[str, ...]:
    """Makes the sample application, unless that was done once.

    Args:
        layout: The home.
        settings: The node's settings.
        say: Told about each step.

    Returns:
        The addresses on which it answers: its own first, then those of its running versions.

    Raises:
        Failed: A step failed.
    """
    run = CommandLine(layout, settings)
    finished = _finished(layout.sample)
    for name, words in STEPS.items():
        if name not in finished:
            say(f"sample application: {name} …")
            source = layout.software / settings.software / "lampas" / "host" / "sample" / f"v{name[-1]}"
            status, answer = run(*(word.format(source=source) for word in words))
            if status != 0 and not (name == "create" and _code(answer) == "conflict"):
                raise Failed(f"the sample application: {name}: {_message(answer)}", "run up again, or: --no-sample")
            finished.append(name)
            layout.sample.write_text("\n".join(finished) + "\n")
    return addresses(settings, run)


def addresses(settings: Settings, run: CommandLine) -> tuple[str, ...]:
    """Where it answers, or should as soon as its units have started; nowhere if it was deleted."""
    status, answer = run("app", "show", NAME)
    if status != 0:
        return ()
    versions = answer["versions"]
    running = [one["number"] for one in versions if one["traffic"] or one["state"] in ("live", "warm")]
    labels = [NAME, *(f"{NAME}-v{number}" for number in sorted(running))] if running else []
    return tuple(settings.app_url(label) for label in labels)


def _finished(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _code(answer: dict[str, Any]) -> str:
    return str(answer.get("error", {}).get("code", ""))


def _message(answer: dict[str, Any]) -> str:
    return str(answer.get("error", {}).get("message", "failed"))
