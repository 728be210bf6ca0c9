"""Did the setup hooks of a release run on its application's database?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lampas.core.names import AppName
from lampas.core.release import setup
from lampas.dispatch.setup import work_of
from lampas.queries import releases
from lampas.store import setups


@dataclass(frozen=True)
class Setup:
    """How the setup hooks of a release stand.

    `state` is none (it has no setup hooks), due (they run when it is deployed), running, done, failed, unknown (they
    were interrupted) or again (somebody said that they shall run once more). `number` is the release that they ran for:
    releases of the same tree share one run; `actor` who deployed it, or said how it stands.
    """

    hooks: list[str]
    idempotent: bool
    state: str
    number: int | None = None
    actor: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    log: str = ""


def one(app: AppName, number: int) -> Setup:
    """How the setup hooks of a release stand.

    Raises:
        NotFound: No such application or number.
    """
    row = releases.row_of(app, number)
    hooks, idempotent = list(row.definition.get("setup_hooks") or ()), bool(row.definition.get("setup_idempotent"))
    work = work_of(row)
    found = setups.find(work) if work else None
    if found is None:
        return Setup(hooks, idempotent, "due" if work else "none")
    gone = found.state == setup.RUNNING and not setups.is_locked(app)
    return Setup(
        hooks=hooks,
        idempotent=idempotent,
        state=setup.UNKNOWN if gone else found.state,
        number=found.number,
        actor=found.actor,
        started=found.started,
        ended=found.ended,
        log=found.log,
    )
