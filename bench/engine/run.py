"""The dependency engine on real applications: what it finds before anything runs, and how long it takes.

    python bench/engine/run.py [APPLICATION …] [--kept DIR] [--report FILE]

For each application one JSON object: the modules that a run loaded and the files that it opened (the oracle), how
many of them the engine found before, and what it ships beyond. Beside it what `ruff analyze graph`, grimp and
modulefinder find of the same modules, and the times. Gates: recall of modules ≥ 98 %, of data files ≥ 95 % (means),
extra ≤ 25 %.
Sources come from the package index once and are kept in DIR.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import speed  # noqa: E402
from inputs import INPUTS, Places  # noqa: E402
from recall import compared  # noqa: E402


def main() -> int:
    """Prints the report; returns 1 where a gate is missed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("applications", nargs="*")
    asked.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "lampas-bench-engine")
    asked.add_argument("--report", type=Path)
    given = asked.parse_args()
    places = Places(given.kept)
    given.kept.mkdir(parents=True, exist_ok=True)
    chosen = [one for one in INPUTS if not given.applications or one.name in given.applications]
    found = [compared(one, places) for one in chosen]
    report: dict[str, Any] = {"applications": found, "summary": _summary(found)}
    if not given.applications:
        report["speed"] = {**speed.index(places.source("Django==5.2.8")), **speed.large()}
    text = json.dumps(report, indent=2)
    print(text)
    if given.report is not None:
        given.report.write_text(text + "\n")
    return int(not report["summary"]["met"])


def _summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    modules = statistics.mean(one["modules"]["recall"] for one in found)
    data = statistics.mean(one["data"]["recall"] for one in found)
    extra = max(one["modules"]["extra"] for one in found)
    return {
        "modules_recall": round(modules, 4),
        "data_recall": round(data, 4),
        "most_extra": extra,
        "met": modules >= 0.98 and data >= 0.95 and extra <= 0.25,
    }


if __name__ == "__main__":
    sys.exit(main())
