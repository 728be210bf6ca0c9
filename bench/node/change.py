"""One module of 1,500 changes: how long the build of the new release takes, and its deploy, from outside.

    python bench/node/change.py        (a node of its own, made and removed)

The application imports all of its modules when it starts. Gates: build ≤ 2 s, its deploy ≤ 1.5 s, both from the request
to the API to the end of the operation, proof of start included.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from api import Api  # noqa: E402
from spread import spread  # noqa: E402

from engines.node import Node  # noqa: E402

MODULES = 1500
ROUNDS = 7


def write(place: Path) -> None:
    """An application of 30 packages with 50 modules each; each module imports the one before it."""
    names = [f"large.part{number // 50}.module{number}" for number in range(MODULES)]
    for number, name in enumerate(names):
        path = place / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        before = f"import {names[number - 1]}\n\n" if number else ""
        functions = "\n\n".join(f"def function{each}(x):\n    return x + {each}" for each in range(10))
        path.write_text(f'"""Module {number}."""\n\n{before}{functions}\n')
    (place / "large" / "__init__.py").touch()
    imports = "".join(f"import {name}\n" for name in names)
    (place / "app.py").write_text(
        f"{imports}\n\ndef application(environ, start_response):\n"
        '    start_response("200 OK", [("Content-Type", "text/plain")])\n    return [b"large"]\n'
    )


def timed(api: Api, path: str, body: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Seconds from the request to the end of the operation, and its result."""
    begun = time.perf_counter()
    result = api.finish(api.post(path, body))
    return time.perf_counter() - begun, result


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    node, builds, deploys = Node(), [], []
    try:
        node.up("--no-sample")
        with tempfile.TemporaryDirectory() as directory:
            place = Path(directory)
            write(place)
            node.json("import", str(place), "--repo", "large")
            node.json("app", "create", "large", "--repo", "large", "--entry", "app:application")
            api = Api(node)
            first, _ = timed(api, "/applications/large/releases", {})
            timed(api, "/applications/large/deployments", {"number": 1})
            for turn in range(ROUNDS):
                changed = place / "large" / f"part{turn}" / f"module{turn * 50 + 7}.py"
                changed.write_text(changed.read_text() + f"\n\nCHANGED = {turn}\n")
                node.json("import", str(place), "--repo", "large")
                seconds, built = timed(api, "/applications/large/releases", {})
                assert built["members"] >= MODULES, built
                builds.append(seconds)
                deploys.append(timed(api, "/applications/large/deployments", {"number": built["number"]})[0])
    finally:
        node.remove()
    print(json.dumps({"first_build_s": round(first, 2), "build_s": spread(builds), "deploy_s": spread(deploys)}))


if __name__ == "__main__":
    main()
