"""Setup hooks: once for each tree and database, before a release starts, on the live database and directories.

A row is written before they begin and after they have ended. Whoever dies in between leaves it "running" without the
lock: the next deployment finds that nobody knows how far they came, and stops, unless they are idempotent.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from lampas.core.names import AppName
from lampas.core.nodestate import Sandbox
from lampas.core.release import hooks, setup
from lampas.core.release.hooks import HookRun
from lampas.dispatch import blobs, confined, databases, nodes, rendering
from lampas.dispatch.confined import Ended, NotRun
from lampas.errors import Conflict, LampasError
from lampas.store import queue, setups
from lampas.store.models import Node, Operation, Release
from lampas.store.setups import Work

SECONDS = 3600.0
_SHOWN = 4000  # characters of what they write that are shown with the step, the last ones


class SetupUnknown(Conflict):
    """Setup hooks were interrupted, and nobody knows how far they came."""

    def __init__(self, app: AppName, number: int, why: str) -> None:
        super().__init__(
            f"the setup hooks of {app} {number} were interrupted ({why}), and nobody knows how far they came",
            f"look at its database, then say: lampas release setup {app} {number} --mark done (or: again)",
        )


def work_of(row: Release) -> Work | None:
    """What a release's setup hooks are; None where it has none."""
    commands: list[str] = row.definition.get("setup_hooks") or []
    if not commands:
        return None
    app = AppName(row.application.name)
    database = databases.identity(app) if rendering.has_database(row) else ""
    return Work(app, setup.key(row.tree, commands), database)


def ensure(operation: Operation, steps: queue.Steps, row: Release) -> None:
    """Runs a release's setup hooks, unless they ran before.

    Raises:
        HookFailed: One ended badly; a deployment that is asked for again tries again.
        SetupUnknown: They were interrupted, now or before.
        Conflict: Its hooks run already.
        Unreachable: No node answers; nothing ran.
    """
    work = work_of(row)
    if work is None:
        return
    number = row.number
    with setups.lock(work.app):
        found = setups.find(work)
        state = found.state if found else None
        decided = setup.decision(state, idempotent=bool(row.definition.get("setup_idempotent")))
        if decided == setup.SKIP:
            return
        if decided == setup.REFUSE:
            if found and state == setup.RUNNING:
                setups.write(work, number, setup.UNKNOWN, found.actor, found.log)
            raise SetupUnknown(work.app, number, "whoever ran them went away")
        _run(row, work, operation.actor, steps)


def _run(row: Release, work: Work, actor: str, steps: queue.Steps) -> None:
    node = nodes.with_role("appserver")[0]
    commands: list[str] = row.definition["setup_hooks"]
    step = steps.begin("setup", "; ".join(commands), node.name)
    said = ""

    def tell(text: str) -> None:
        nonlocal said
        said += text
        steps.tell(step, said[-_SHOWN:].strip())

    setups.write(work, row.number, setup.RUNNING, actor)
    try:
        ended = _confined(node, row, commands, tell)
    except NotRun as error:
        setups.write(work, row.number, setup.FAILED, actor, error.message)
        raise
    except LampasError as error:
        setups.write(work, row.number, setup.UNKNOWN, actor, said or error.message)
        raise SetupUnknown(work.app, row.number, error.message) from error
    _end(row, work, actor, ended, commands)
    steps.end(step, detail=ended.said[-_SHOWN:].strip())


def _end(row: Release, work: Work, actor: str, ended: Ended, commands: list[str]) -> None:
    if ended.status == 0:
        setups.write(work, row.number, setup.DONE, actor, ended.said)
        return
    if ended.status == confined.OUT_OF_TIME or not ended.ran:
        setups.write(work, row.number, setup.UNKNOWN, actor, ended.said)
        why = f"after {ended.seconds:.0f} s" if ended.status == confined.OUT_OF_TIME else f"status {ended.status}"
        raise SetupUnknown(work.app, row.number, why)
    setups.write(work, row.number, setup.FAILED, actor, ended.said)
    run = HookRun(ended.status, ended.ran, ended.said, (), (), (), ended.seconds)
    hooks.check(work.app, commands, "setup", run)
    raise AssertionError("a hook that ended badly was passed")


def _confined(node: Node, row: Release, commands: list[str], tell: Callable[[str], None]) -> Ended:
    try:
        interface = nodes.connect(node)
        blobs.ship(interface, [row.manifest])
        environment = rendering.environment_of(node, row)
    except LampasError as error:
        raise NotRun(error.message, error.remedy) from error
    port = settings.CONFIGURATION.database_port if rendering.has_database(row) else 0
    return confined.run(
        interface,
        node.name,
        rendering.release_on_node(row),
        hooks.words(commands),
        env=environment.plain,
        sealed=environment.sealed,
        sandbox=Sandbox(data="live", database=port),
        seconds=SECONDS,
        tell=tell,
    )
