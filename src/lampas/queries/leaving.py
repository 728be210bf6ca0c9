"""What would go if old releases were pruned, or one were retired?"""

from __future__ import annotations

from dataclasses import dataclass

from lampas.core.names import AppName
from lampas.dispatch import pruning as dispatched
from lampas.dispatch import wanted
from lampas.errors import InvalidInput
from lampas.queries import nodes, releases
from lampas.store import pruning


@dataclass(frozen=True)
class Retirement:
    """What retiring a release would mean.

    `traffic` is its share in percent: above 0 it cannot be retired. `processes` that the nodes observed end with it.
    `rollback` says whether a rollback may go back to it now, and will not any more.
    """

    number: int
    state: str
    traffic: int
    processes: int
    rollback: bool


def retirement(app: AppName, number: int) -> Retirement:
    """What retiring a release would mean.

    Raises:
        NotFound: No such application or release.
    """
    row = releases.row_of(app, number)
    how = releases.standing(app)
    tables = [wanted.table_of(each) for each in wanted.settled_tables(app)[:-1]]
    return Retirement(
        number=number,
        state=how.state(number, row.state),
        traffic=how.traffic.get(str(number), 0),
        processes=sum(len(each.pids) for each in nodes.running(applications=[app]) if each.release == number),
        rollback=row.retired is None and any(table.get(number) for table in tables),
    )


def prunable(app: AppName, keep: int) -> pruning.Going:
    """What would go if releases beyond the newest `keep` were pruned now.

    Raises:
        NotFound: No such application.
        InvalidInput: `keep` is no number from 1.
    """
    releases.standing_application(app)
    if keep < 1:
        raise InvalidInput("at least the newest release is kept", "give --keep a number from 1")
    return pruning.going(app, dispatched.candidates(app, keep))
