"""Static files per second through LAMPAS's front, against a bare Apache of the same settings.

    python bench/static/throughput.py         (a node of its own, made and removed)

Files of 1 KB, 20 KB and 1 MB. The two take turns, several rounds; the ratio is taken round by round.
Gate: LAMPAS / bare Apache ≥ 0.95 for each size.
"""

from __future__ import annotations

import json
import random
import shutil
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

ROUNDS = 7
SIZES = {"1k": 1 << 10, "20k": 20 << 10, "1m": 1 << 20}
DEFINITION = '[app.files]\nentry = "hello:application"\nstatic = { "/static" = "var/static" }\n'


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    node, port = Node(), free_port()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        place.chmod(0o755)
        code = place / "files"
        shutil.copytree(reference.HELLO, code)
        files = code / "var/static"
        files.mkdir(parents=True)
        for name, size in SIZES.items():
            (files / f"{name}.css").write_bytes(random.Random(name).randbytes(size))  # noqa: S311 - only its size counts
        (code / "lampas.toml").write_text(DEFINITION)
        try:
            node.up("--no-sample")
            node.json("import", str(code), "--repo", "files")
            node.json("release", "build", "files")
            node.json("deploy", "files", "1")
            with reference.apache("static", place, static_port=port, files=files):
                reference.wait_until_answers(port, path="/static/1k.css")
                rounds = measured(node, port)
        finally:
            node.remove()
    print(json.dumps(rounds, indent=2))


def measured(node: Node, port: int) -> dict[str, object]:
    """Requests per second and the ratio, by size."""
    found: dict[str, object] = {}
    for name in SIZES:
        path = f"/static/{name}.css"
        candidates = {
            "lampas": lambda path=path: wrk.rate(node.port, host=f"files.localhost:{node.port}", path=path),
            "bare Apache": lambda path=path: wrk.rate(port, path=path),
        }
        for measure in candidates.values():
            measure()
        rounds = [{who: measure() for who, measure in candidates.items()} for _ in range(ROUNDS)]
        found[name] = {
            "files_per_second": {who: round(statistics.median(each[who] for each in rounds)) for who in candidates},
            "lampas_to_bare_apache": spread([each["lampas"] / each["bare Apache"] for each in rounds]),
        }
    return found


if __name__ == "__main__":
    main()
