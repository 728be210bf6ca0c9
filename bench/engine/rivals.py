"""What other engines find of the modules that a run loaded, from the same starting points and the same trees."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Loaded = frozenset[tuple[str, str]]


def rivals(
    trees: Mapping[str, Path], path: list[Path], entries: list[Path], python: Path, loaded: Loaded
) -> dict[str, Any]:
    """The recall and the seconds of each; "error" where one could not be used.

    Args:
        trees: Repository → its tree.
        path: What stands on the application's path.
        entries: The files of its starting points.
        python: Its interpreter, for modulefinder.
        loaded: What a run loaded.
    """
    runs = {
        "ruff analyze graph": lambda: _ruff(path, entries, strings=False),
        "ruff, with string imports": lambda: _ruff(path, entries, strings=True),
        "grimp": lambda: _grimp(path, entries),
        "modulefinder": lambda: _modulefinder(path, entries, python),
    }
    report: dict[str, Any] = {}
    for name, run in runs.items():
        begun = time.perf_counter()
        try:
            found = _places(run(), trees)
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            report[name] = {"error": str(error)[-200:]}
            continue
        recall = round(len(found & loaded) / len(loaded), 4) if loaded else 1.0
        report[name] = {"recall": recall, "seconds": round(time.perf_counter() - begun, 2)}
    return report


def _places(files: set[Path], trees: Mapping[str, Path]) -> set[tuple[str, str]]:
    return {
        (name, str(file.relative_to(tree)))
        for file in files
        for name, tree in trees.items()
        if file.is_relative_to(tree)
    }


def _walked(edges: Mapping[str, list[str]], starts: list[str]) -> set[str]:
    found, waiting = set(starts), list(starts)
    while waiting:
        for goal in edges.get(waiting.pop(), ()):
            if goal not in found:
                found.add(goal)
                waiting.append(goal)
    return found


def _ruff(path: list[Path], entries: list[Path], *, strings: bool) -> set[Path]:
    config = "src=[" + ",".join(json.dumps(str(one)) for one in path) + "]"
    argv = [
        str(Path(sys.executable).with_name("ruff")),
        "analyze",
        "graph",
        "--preview",
        "--isolated",
        "--config",
        config,
    ]
    argv += ["--detect-string-imports"] if strings else []
    done = subprocess.run([*argv, *map(str, path)], capture_output=True, text=True, cwd="/", timeout=300, check=True)
    edges = {_absolute(name): [_absolute(goal) for goal in goals] for name, goals in json.loads(done.stdout).items()}
    return {Path(name) for name in _walked(edges, [str(entry) for entry in entries])}


def _absolute(name: str) -> str:
    return name if name.startswith("/") else f"/{name}"


_GRIMP = """
import json, sys
path, entries = json.loads(sys.argv[1]), json.loads(sys.argv[2])
sys.path[:0] = path
from pathlib import Path
import grimp
tops = sorted({p.parent.name for d in path for p in Path(d).glob("*/__init__.py") if p.parent.name.isidentifier()})
graph = grimp.build_graph(*[t for t in tops if t not in ("tests", "docs")], cache_dir=None)
found, waiting = set(), [e for e in entries if e in graph.modules]
while waiting:
    name = waiting.pop()
    if name not in found:
        found.add(name)
        waiting += graph.find_modules_directly_imported_by(name)
files = []
for name in found:
    for d in path:
        stem = Path(d) / name.replace(".", "/")
        files += [str(f) for f in (stem.with_suffix(".py"), stem / "__init__.py") if f.exists()]
print(json.dumps(files))
"""
_FINDER = """
import json, modulefinder, sys
path, entries = json.loads(sys.argv[1]), json.loads(sys.argv[2])
finder = modulefinder.ModuleFinder(path + sys.path)
for entry in entries:
    finder.run_script(entry)
print(json.dumps([m.__file__ for m in finder.modules.values() if m.__file__]))
"""


def _grimp(path: list[Path], entries: list[Path]) -> set[Path]:
    names = [
        ".".join(entry.relative_to(one).with_suffix("").parts).removesuffix(".__init__")
        for entry in entries
        for one in path
        if entry.is_relative_to(one)
    ]
    return _asked(Path(sys.executable), _GRIMP, path, names)


def _modulefinder(path: list[Path], entries: list[Path], python: Path) -> set[Path]:
    return _asked(python, _FINDER, path, [str(entry) for entry in entries])


def _asked(python: Path, program: str, path: list[Path], entries: list[str]) -> set[Path]:
    argv = [str(python), "-c", program, json.dumps([str(one) for one in path]), json.dumps(entries)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return {Path(file) for file in json.loads(done.stdout)}
