"""Plans as data: what is wanted × what was observed → the steps, or why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lampas.agent.plan import Observed, SeenUnit, plan
from lampas.core.nodestate import NodeState, Ready, ReleaseOnNode, Unit
from lampas.errors import UnsafePlan

CASES = json.loads((Path(__file__).parents[2] / "cases/agent/plan.json").read_text())


def split(name: str) -> tuple[str, int]:
    app, _, number = name.rpartition("-v")
    return app, int(number)


def routes(live: dict[str, int]) -> dict[str, str]:
    return {"routes.txt": "".join(f"live/{app} {n}@{18200 + n}\n" for app, n in sorted(live.items()))}


def state(case: dict[str, Any]) -> NodeState:
    keys = [split(name) for name in case["units"]]
    units = tuple(Unit(app, n, 18200 + n, "", "", {}, Ready("/", "h", 1)) for app, n in keys)
    releases = tuple(ReleaseOnNode(app, n, "id", "m") for app, n in keys)
    apps = tuple(sorted({app for app, _ in keys}))
    return NodeState("here", 2, 0, apps, releases, units, routes(case.get("live", {})))


def observed(case: dict[str, Any]) -> Observed:
    seen = {name: (*split(name), row) for name, row in case.get("seen", {}).items()}
    keys = frozenset((app, number) for app, number, _ in seen.values())
    apps = frozenset(app for app, _ in keys)
    return Observed(
        apps=apps,
        known=apps,
        unprepared=frozenset(case.get("unprepared", ())),
        releases=dict.fromkeys(keys, "m"),
        units={name: SeenUnit(app, n, row["digest"], row["running"]) for name, (app, n, row) in seen.items()},
        confirmed={name: row["digest"] for name, (_, _, row) in seen.items() if row["confirmed"]},
        maps=routes(case.get("was", {})),
        lacking=tuple(case.get("lacking", ())),
        unpacked=case.get("unpacked", True),
        stale=frozenset(split(name) for name in case["stale"]) if "stale" in case else keys,
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_plan_is_what_the_case_says(case: dict[str, Any]) -> None:
    digests = dict(case["units"])
    if "error" in case:
        with pytest.raises(UnsafePlan, match=case["error"]):
            plan(state(case), digests, observed(case))
    else:
        assert [step.title for step in plan(state(case), digests, observed(case))] == case["steps"]
