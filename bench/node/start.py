"""How long `up` takes: the first time with the packages present, and the second time.

    python bench/node/start.py         (homes of their own, made and removed)

Gates: first ≤ 60 s (the sample application included), second ≤ 5 s.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from spread import spread  # noqa: E402

from engines.node import Node  # noqa: E402

ROUNDS = 3


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    first, second = [], []
    for _ in range(ROUNDS):
        node = Node()
        try:
            first.append(_timed(node))
            second += [_timed(node) for _ in range(3)]
        finally:
            node.remove()
    print(json.dumps({"first_s": spread(first, 2), "second_s": spread(second, 2)}, indent=2))


def _timed(node: Node) -> float:
    begun = time.perf_counter()
    node.up()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
