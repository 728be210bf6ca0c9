"""What carries out each kind of operation: building by `build`, serving by `dispatch`; wired here."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from lampas.build import contents, pipeline
from lampas.core.names import AppName
from lampas.dispatch import data, dropping, pruning, rotation, serving
from lampas.dispatch.building import AgentWheelBuilder
from lampas.dispatch.hooks import AgentHooks
from lampas.dispatch.packages import AgentPackages
from lampas.dispatch.verification import AgentVerifier
from lampas.errors import Failed
from lampas.git.reader import GitReader
from lampas.server.lanes import Handler
from lampas.store import queue
from lampas.store.models import Operation, OperationStep, Release

SHOWN = 4000  # characters of what a step's program writes that are shown with it, the last ones


class BuildSteps:
    """Fills the builder's port `Progress`: a step ends when the next one begins."""

    def __init__(self, steps: queue.Steps) -> None:
        """Shows under the given operation's steps."""
        self._steps = steps
        self._open: OperationStep | None = None
        self._said = ""

    def __call__(self, step: str, detail: str) -> None:
        """A step begins."""
        self.close()
        self._open = self._steps.begin(step, detail)

    def said(self, text: str) -> None:
        """What runs in the step writes something."""
        self._said = (self._said + text)[-SHOWN:]
        if self._open is not None:
            self._steps.tell(self._open, self._said.strip())

    def close(self) -> None:
        """The last step has ended well."""
        if self._open is not None:
            self._steps.end(self._open)
        self._open, self._said = None, ""


def build(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Builds a release and has it proven to start.

    Raises:
        Failed: It was built and is not verified; it is kept as failed, with its log.
    """
    app = AppName(operation.application)
    shown = BuildSteps(steps)
    pins: Mapping[str, str] = operation.intent.get("pins") or {}
    built = pipeline.build(
        GitReader(settings.CONFIGURATION),
        app,
        operation.intent.get("at") or None,
        pins,
        operation.actor,
        shown,
        AgentVerifier(shown.said),
        builder=AgentWheelBuilder(),
        hooks=AgentHooks(shown.said),
        packages=AgentPackages(shown.said),
        base=operation.intent.get("from"),
    )
    if not built.verify.ok:
        raise _not_verified(app, built.number)
    # Whoever asks for what a retired release holds wants it back: nothing else could give it a number again.
    Release.objects.filter(application__name=app, number=built.number).update(retired=None)
    shown.close()
    return dict(built.public())


def index_packages(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Reads which Debian packages ship which Perl modules.

    Raises:
        LampasError: As `contents.rebuild`.
    """
    del operation
    shown = BuildSteps(steps)
    modules = contents.rebuild(functools.partial(shown, "index"))
    shown.close()
    return {"modules": modules}


def _not_verified(app: AppName, number: int) -> Failed:
    log = Release.objects.get(application__name=app, number=number).verified_log.strip()
    last = log.splitlines()[-1] if log else "it wrote nothing"
    return Failed(
        f"release {number} of {app} was built and failed its verification: {last}",
        f"read its whole log: lampas release show {app} {number}",
    )


BUILDING: Mapping[str, Handler] = {"build": build, "prune": pruning.prune, "index-packages": index_packages}
SERVING: Mapping[str, Handler] = {
    "deploy": serving.deploy,
    "traffic": serving.traffic,
    "rollback": serving.rollback,
    "retire": serving.retire,
    "refresh": serving.refreshed,
    "delete": serving.delete,
    "resend": serving.resend,
    "rotate": rotation.rotate,
    "drop": dropping.drop,
    "tidy": pruning.tidy,
    "drop-data": data.drop,
}
