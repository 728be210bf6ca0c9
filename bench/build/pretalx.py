"""How long a build of pretalx takes once one of its templates has changed: seventy distributions, static files that a
build hook collects, a database that a setup hook migrates, a page that is asked for.

    python bench/build/pretalx.py         (a node of its own, made and removed)

Gate: ≤ 4 s. Also the first build, whose hooks compress every static file and migrate from the first version on.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests"), str(HERE.parents[1] / "src")]

from spread import spread  # noqa: E402

from engines import sources  # noqa: E402
from engines.definitions import define  # noqa: E402
from engines.node import Node  # noqa: E402

ROUNDS = 7
TEMPLATE = "src/pretalx/common/templates/common/base.html"


def main() -> None:
    """Runs the benchmark and prints one JSON document."""
    node = Node()
    try:
        with tempfile.TemporaryDirectory() as folder:
            node.up("--no-sample")
            tree = sources.unpack("pretalx==2025.2", Path(folder))
            _import(node, tree)
            define(node, "pretalx", "pretalx")
            first = _build(node)
            changed = []
            for number in range(ROUNDS):
                template = tree / TEMPLATE
                template.write_text(template.read_text() + f"{{# edition {number} #}}\n")
                _import(node, tree)
                changed.append(_build(node))
    finally:
        node.remove()
    print(json.dumps({"first_s": round(first, 1), "one_template_changed_s": spread(changed, 2)}, indent=2))


def _import(node: Node, tree: Path) -> None:
    node.json("import", str(tree), "--repo", "pretalx")


def _build(node: Node) -> float:
    done = node.lampas("release", "build", "pretalx", "--json", timeout=900)
    built = json.loads(done.stdout)
    assert built["verify"]["ok"]
    return float(built["seconds"])


if __name__ == "__main__":
    main()
