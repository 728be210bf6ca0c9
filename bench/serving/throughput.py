"""Requests per second through LAMPAS, against a front and a unit of the same shape written by hand.

    python bench/serving/throughput.py         (a node of its own, made and removed)

The candidates take turns, several rounds, so that the machine's mood falls on all alike; the ratio is taken round by
round. Gate: LAMPAS / by hand ≥ 0.97. Also shown: the bare unit and gunicorn.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

import reference  # noqa: E402
import wrk  # noqa: E402
from spread import spread  # noqa: E402

from engines.node import Node, free_port  # noqa: E402

ROUNDS = 9


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    node = Node()
    front_port, unit_port, gunicorn_port = free_port(), free_port(), free_port()
    try:
        node.up("--no-sample")
        node.json("import", str(reference.HELLO), "--repo", "hello")
        node.json("app", "create", "hello", "--repo", "hello", "--entry", "hello:application")
        node.json("release", "build", "hello")
        node.json("deploy", "hello", "1")
        with tempfile.TemporaryDirectory() as directory:
            place = Path(directory)
            ports = {"front_port": front_port, "unit_port": unit_port}
            with (
                reference.apache("unit", place, **ports),
                reference.apache("front", place, **ports),
                reference.gunicorn(gunicorn_port),
            ):
                key = {"Front-Key": reference.KEY}
                reference.wait_until_answers(unit_port, key)
                reference.wait_until_answers(front_port)
                candidates = {
                    "lampas": lambda: wrk.rate(node.port, host=f"hello.localhost:{node.port}"),
                    "by hand": lambda: wrk.rate(front_port),
                    "bare mod_wsgi": lambda: wrk.rate(unit_port, headers=key),
                    "gunicorn": lambda: wrk.rate(gunicorn_port),
                }
                for measure in candidates.values():
                    measure()
                rounds = [{name: measure() for name, measure in candidates.items()} for _ in range(ROUNDS)]
    finally:
        node.remove()
    ratios = [each["lampas"] / each["by hand"] for each in rounds]
    rates = {name: round(statistics.median(each[name] for each in rounds)) for name in rounds[0]}
    print(
        json.dumps(
            {
                "requests_per_second": rates,
                "lampas_to_by_hand": spread(ratios),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
