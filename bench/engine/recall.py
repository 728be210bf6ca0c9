"""What the engine finds before anything runs, beside what a run shows."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution as Installed
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from inputs import HERE, Input, Places
from rivals import Loaded, rivals

from lampas.core.closure.compute import compute
from lampas.core.closure.scope import Scope
from lampas.core.closure.values import Closure
from lampas.core.definition.parsing import parse
from lampas.core.distributions.provides import import_prefixes
from lampas.core.distributions.values import Distribution, Lock
from lampas.core.history.values import TreeEntry
from lampas.core.modules.analysers.choice import analyser_of
from lampas.core.modules.tree import guess_roots, modules
from lampas.core.names import Oid, RepositoryName, Sha256

SECONDS = 900.0


@dataclass(frozen=True)
class Traced:
    """What a run used of the repositories: (repository, path)."""

    modules: frozenset[tuple[str, str]]
    data: frozenset[tuple[str, str]]
    seconds: float


def traced(asked: Input, places: Places) -> Traced:
    """Runs an application's workload in its full trees."""
    trees = {name: make(places) for name, make in asked.repositories.items()}
    python = places.python(asked.requirements, asked.name)
    report = places.kept / f"{asked.name}.trace.json"
    path = os.pathsep.join(str(trees[name] / folder) for name, folder in asked.paths)
    env = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(places.kept),
    }
    argv = [str(python), str(HERE / "tracer.py"), str(report), str(HERE / "workloads" / asked.workload)]
    begun = time.perf_counter()
    done = subprocess.run(argv, env=env, cwd=places.kept, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{asked.name}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    seen = json.loads(report.read_text())
    loaded = {_place(file, trees) for file in seen["modules"].values()}
    opened = {_place(file, trees) for file in seen["opened"]}
    code = (".py", ".pyc", ".so")
    return Traced(
        frozenset(place for place in loaded if place is not None),
        frozenset(place for place in opened if place is not None and not place[1].endswith(code)),
        time.perf_counter() - begun,
    )


def _place(file: str, trees: Mapping[str, Path]) -> tuple[str, str] | None:
    for name, tree in trees.items():
        if file.startswith(f"{tree}/"):
            return name, file[len(str(tree)) + 1 :]
    return None


def closure_of(asked: Input, places: Places) -> Closure:
    """The closure of an application by the engine alone; nothing runs."""
    text = f"[app.app]\n{asked.definition}\n"
    own, *others = asked.repositories
    definition = parse(text, "lampas.toml", RepositoryName(own))["app"]  # type: ignore[index]
    scopes, facts = [], {}
    for name in (own, *others):
        tree = asked.repositories[name](places)
        files = {str(p.relative_to(tree)): p for p in sorted(tree.rglob("*")) if p.is_file() and not p.is_symlink()}
        files = {path: p for path, p in files.items() if not path.endswith(".pyc") and not path.endswith("db.sqlite3")}
        entries = {path: TreeEntry(path, Oid(f"{name}/{path}"), 0o100644, 0) for path in files}
        root = definition.root if name == own else guess_roots(entries)[0]
        found = modules(RepositoryName(name), entries, (root,))
        scopes.append(Scope(RepositoryName(name), root, found, {}))
        for module in found:
            if (analyser := analyser_of(module)) is not None:
                facts[module.oid] = analyser.analyse(files[module.path].read_bytes(), module.path.rpartition("/")[2])
    return compute(definition, Oid("0" * 40), scopes, facts, _lock(asked, places))


def _lock(asked: Input, places: Places) -> Lock:
    """What is installed beside the repositories, by its own metadata."""
    python = places.python(asked.requirements, asked.name)
    (site,) = (python.parents[1] / "lib").glob("python*/site-packages")
    sources = set(asked.repositories)
    found = [
        _distribution(one) for one in distributions(path=[str(site)]) if one.metadata["Name"].lower() not in sources
    ]
    return Lock(tuple(sorted(found, key=lambda one: one.name)), (), "requirements.txt")


def _distribution(one: Installed) -> Distribution:
    prefixes = import_prefixes(str(file) for file in one.files or ())
    return Distribution(one.metadata["Name"].lower(), one.version, "", Sha256("0" * 64), 1, prefixes)


def compared(asked: Input, places: Places) -> dict[str, Any]:
    """The report on one application."""
    seen = traced(asked, places)
    begun = time.perf_counter()
    closure = closure_of(asked, places)
    seconds = time.perf_counter() - begun
    members = {(str(member.repository), member.path) for member in closure.members}
    shipped = {place for place in members if place[1].endswith((".py", ".so"))}
    missed = sorted(seen.modules - members)
    unseen = sorted(seen.data - members)
    return {
        "application": asked.name,
        "modules": {
            "loaded": len(seen.modules),
            "found": len(seen.modules & members),
            "recall": _ratio(len(seen.modules & members), len(seen.modules)),
            "missed": [f"{repository}/{path}" for repository, path in missed],
            "shipped": len(shipped),
            "extra": _ratio(len(shipped - seen.modules), len(seen.modules), 0.0),
        },
        "data": {
            "opened": len(seen.data),
            "found": len(seen.data & members),
            "recall": _ratio(len(seen.data & members), len(seen.data)),
            "missed": [f"{repository}/{path}" for repository, path in unseen],
            "shipped": len(members) - len(shipped),
        },
        "others": _others(asked, places, closure, seen.modules),
        "stops": [f"{one.name} ({one.file}:{one.line})" for one in closure.unresolved if one.stops],
        "unresolved": len(closure.unresolved),
        "seconds": {"run": round(seen.seconds, 1), "engine": round(seconds, 2)},
    }


def _others(asked: Input, places: Places, closure: Closure, loaded: Loaded) -> dict[str, Any]:
    """The same question to others, from the modules that the definition names."""
    trees = {name: make(places) for name, make in asked.repositories.items()}
    path = [trees[name] / folder if folder else trees[name] for name, folder in asked.paths]
    named = (one for one in closure.members if one.edge.provenance == "declared" and one.path.endswith(".py"))
    entries = [trees[str(one.repository)] / one.path for one in named]
    return rivals(trees, path, entries, places.python(asked.requirements, asked.name), loaded)


def _ratio(part: int, whole: int, empty: float = 1.0) -> float:
    return round(part / whole, 4) if whole else empty
