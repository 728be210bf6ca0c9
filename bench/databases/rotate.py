"""20 changes of a database's password together with 50 changes of settings, under load.

    python bench/databases/rotate.py            (a node of its own, made and removed)

Gate: no failed request. Each request of the application connects to its database anew; each change of settings makes a
release and deploys it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from api import Api  # noqa: E402
from spread import spread  # noqa: E402

from engines.node import Node  # noqa: E402


def prepare(node: Node) -> None:
    """Imports the application, builds and deploys it."""
    node.json("import", str(HERE.parent / "apps" / "guests"), "--repo", "guests")
    words = ("--repo", "guests", "--entry", "guests:application", "--requirements", "requirements.txt")
    node.json("app", "create", "guests", *words, "--database", "own")
    node.json("deploy", "guests", str(node.json("release", "build", "guests")["number"]))


def rotate(node: Node, times: int, seconds: list[float]) -> None:
    """Changes the password so many times, one after the other."""
    api = Api(node)
    for _ in range(times):
        begun = time.perf_counter()
        api.finish(api.post("/applications/guests/database/rotate", {}))
        seconds.append(time.perf_counter() - begun)


def change(node: Node, times: int, seconds: list[float]) -> None:
    """Changes a setting so many times, and deploys what comes of it."""
    api = Api(node)
    for edition in range(1, times + 1):
        begun = time.perf_counter()
        number = node.json("env", "set", "guests", f"EDITION={edition}")["number"]
        api.finish(api.post("/applications/guests/deployments", {"number": number}))
        seconds.append(time.perf_counter() - begun)


def under_load(node: Node, rotations: int, changes: int) -> dict[str, Any]:
    """Both at once, while clients ask without a pause between their requests."""
    words = ["--port", str(node.port), "--host", "guests.localhost", "--clients", "8"]
    load = subprocess.Popen(
        [sys.executable, str(HERE.parent / "load.py"), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    rotated: list[float] = []
    changed: list[float] = []
    threads = [
        threading.Thread(target=rotate, args=(node, rotations, rotated)),
        threading.Thread(target=change, args=(node, changes, changed)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = json.loads(load.communicate()[0])
    if (len(rotated), len(changed)) != (rotations, changes):
        raise RuntimeError(f"only {len(rotated)} rotations and {len(changed)} changes came about")
    return {**seen, "rotation_s": spread(rotated), "settings_to_live_s": spread(changed)}


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rotations", type=int, default=20)
    parser.add_argument("--changes", type=int, default=50)
    asked = parser.parse_args()
    node = Node()
    try:
        node.up("--no-sample")
        prepare(node)
        print(json.dumps(under_load(node, asked.rotations, asked.changes), indent=2))
    finally:
        node.remove()


if __name__ == "__main__":
    main()
