"""Traffic tables, release number → percent: what a deploy, a change and a rollback make of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lampas.errors import InvalidInput, NotFound

Table = Mapping[int, int]


@dataclass(frozen=True)
class Back:
    """Where a rollback goes: `table` is to be in force, and the last `undone` settled tables are gone behind."""

    table: Table
    undone: int


def check(table: Table, running: Collection[int]) -> dict[int, int]:
    """Accepts a table that a person gave; releases with 0 % are left out.

    Args:
        table: Release number → percent.
        running: The releases that run and so may have traffic.

    Raises:
        InvalidInput: A share is no whole percentage, or they do not add up to 100.
        NotFound: A release does not run.
    """
    for number, percent in table.items():
        if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= 100:
            raise InvalidInput(f"{percent!r} is no share of traffic", "use whole percentages from 0 to 100")
        if percent and number not in running:
            raise NotFound(f"release {number} does not run", f"deploy it first: lampas deploy APP {number}")
    total = sum(table.values())
    if total != 100:
        raise InvalidInput(f"the shares add up to {total}, not to 100", "name every release that keeps traffic")
    return {number: percent for number, percent in sorted(table.items()) if percent}


def deploy(table: Table, number: int, percent: int = 100) -> dict[int, int]:
    """The table after a deploy that gives `number` its share; the others share the rest as they did before.

    Whole percentages are found by largest remainder. An application's first release gets 100, whatever was asked.

    Args:
        table: The table in force; empty for the first release.
        number: The release that is deployed.
        percent: Its share, 0 to 100.

    Raises:
        InvalidInput: The share is no whole percentage.
    """
    if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= 100:
        raise InvalidInput(f"{percent!r} is no share of traffic", "use a whole percentage from 0 to 100")
    others = {other: share for other, share in table.items() if other != number and share > 0}
    if not others:
        return {number: 100}
    shares = {**_scale(others, 100 - percent), number: percent}
    return {each: share for each, share in sorted(shares.items()) if share}


def back(settled: Sequence[Table], running: Collection[int]) -> Back:
    """Where a rollback goes: to the table that was settled last and differs from the one in force.

    Args:
        settled: The settled tables that no rollback went behind, oldest first; the last one is in force.
        running: The releases that run, warm ones included; a table that needs another one is passed over.

    Raises:
        NotFound: There is none.
    """
    for undone, table in enumerate(reversed(settled)):
        if undone and table != settled[-1] and all(number in running for number, share in table.items() if share):
            return Back(table, undone)
    raise NotFound("there is nothing to roll back to", "no earlier release is kept ready; deploy one by its number")


def _scale(table: Table, total: int) -> dict[int, int]:
    """Shares in the same proportion that add up to `total`; what rounding leaves goes to the largest remainders."""
    whole = sum(table.values())
    floors = {number: share * total // whole for number, share in table.items()}
    by_remainder = sorted(table, key=lambda number: (-(table[number] * total % whole), -number))
    for number in by_remainder[: total - sum(floors.values())]:
        floors[number] += 1
    return floors
