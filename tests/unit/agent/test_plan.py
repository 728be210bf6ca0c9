"""Plans as data: what is wanted × what was observed → the steps, or why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lampas.agent.plan import Digest, Observed, SeenUnit, plan
from lampas.core.nodestate import NodeState, Ready, ReleaseOnNode, Unit
from lampas.errors import UnsafePlan

CASES = json.loads((Path(__file__).parents[2] / "cases/agent/plan.json").read_text())


def split(name: str) -> tuple[str, int, int]:
    """Application, number and slot of `shop-v1-18205`; `shop-v1` is one of the first LAMPAS, on port 18201."""
    app, _, rest = name.rpartition("-v")
    number, _, slot = rest.partition("-")
    return app, int(number), int(slot or 0)


def port(number: int, slot: int) -> int:
    return slot or 18200 + number


def routes(live: dict[str, int | str]) -> dict[str, str]:
    """Live rows: to a release's own port, or to another one where the case says `1@18205`."""
    rows = ((app, n if isinstance(n, str) else f"{n}@{18200 + n}") for app, n in sorted(live.items()))
    return {"routes.txt": "".join(f"live/{app} {target}\n" for app, target in rows)}


def digest(text: str) -> Digest:
    """`files/env`; the environment of most cases is the same."""
    files, _, env = text.partition("/")
    return Digest(files, {"": "e", "-": ""}.get(env, env))


def state(case: dict[str, Any]) -> NodeState:
    keys = [split(name) for name in case["units"]]
    ready = Ready("/", "h", 1)
    units = tuple(Unit(app, n, port(n, slot), "", "", {}, ready, by_port=slot > 0) for app, n, slot in keys)
    releases = tuple(ReleaseOnNode(app, n, "id", "m") for app, n, _ in keys)
    apps = tuple(sorted({app for app, _, _ in keys}))
    return NodeState("here", 2, 0, apps, releases, units, routes(case.get("live", {})))


def observed(case: dict[str, Any]) -> Observed:
    seen = {name: (*split(name), row) for name, row in case.get("seen", {}).items()}
    keys = frozenset((app, number) for app, number, _, _ in seen.values())
    apps = frozenset(app for app, _ in keys)
    return Observed(
        apps=apps,
        known=apps,
        unprepared=frozenset(case.get("unprepared", ())),
        releases=dict.fromkeys(keys, "m"),
        units={
            name: SeenUnit(app, n, slot, port(n, slot), digest(row["digest"]), row["running"])
            for name, (app, n, slot, row) in seen.items()
        },
        confirmed={
            name: digest(row["digest"].replace("/-", "")) for name, (*_, row) in seen.items() if row["confirmed"]
        },
        maps=routes(case.get("was", {})),
        lacking=tuple(case.get("lacking", ())),
        unpacked=case.get("unpacked", True),
        stale=frozenset(split(name)[:2] for name in case["stale"]) if "stale" in case else keys,
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_plan_is_what_the_case_says(case: dict[str, Any]) -> None:
    digests = {name: digest(text) for name, text in case["units"].items()}
    if "error" in case:
        with pytest.raises(UnsafePlan, match=case["error"]):
            plan(state(case), digests, observed(case))
    else:
        assert [step.title for step in plan(state(case), digests, observed(case))] == case["steps"]
