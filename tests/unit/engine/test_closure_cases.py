"""The closure of each case in tests/cases/closure and tests/cases/rules is what its expected.json says."""

from __future__ import annotations

import importlib.util
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lampas.core.closure.chains import why
from lampas.core.closure.compute import compute
from lampas.core.closure.values import Closure, Edge
from lampas.core.definition.parsing import parse
from lampas.core.distributions.values import Distribution, Lock
from lampas.core.names import Oid, RepositoryName, Sha256
from lampas.errors import LampasError

_SPEC = importlib.util.spec_from_file_location("engine_trees", Path(__file__).with_name("trees.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
trees = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(trees)

_FOLDER = Path(__file__).parents[2] / "cases"
CASES = sorted(path for part in ("closure", "rules") for path in (_FOLDER / part).iterdir() if path.is_dir())


def _lock(given: dict[str, Any]) -> Lock:
    distributions = [
        Distribution(
            name, "1.0", f"{name}-1.0-py3-none-any.whl", Sha256("0" * 64), 1, tuple(prefixes),
            tuple(given.get("requires", {}).get(name, ())),
        )
        for name, prefixes in sorted(given.get("provided", {}).items())
    ]  # fmt: skip
    return Lock(tuple(distributions), tuple(given.get("direct", ())), "requirements.txt")


def _closure(case: Path) -> Closure:
    files = trees.split((case / "tree.txt").read_text())
    own = files.pop("")
    definition = parse(own["lampas.toml"], "lampas.toml", RepositoryName("own"))["app"]
    scopes = [trees.scope("own", own, definition.root)]
    scopes += [trees.scope(name, files[name]) for name in definition.uses]
    given = json.loads((case / "given.json").read_text()) if (case / "given.json").exists() else {}
    return compute(definition, Oid("c" * 40), scopes, trees.facts(scopes, {**files, "own": own}), _lock(given))


def _edge(edge: Edge) -> list[str]:
    return [edge.source, edge.provenance, f"{edge.file}:{edge.line}"]


def _shown(case: Path) -> dict[str, Any]:
    try:
        closure = _closure(case)
    except LampasError as error:
        return {"error": error.message, "remedy": error.remedy}
    unresolved = [
        {
            "name": missing.name,
            "at": f"{missing.file}:{missing.line}",
            "optional": missing.optional,
            "waived": missing.waived,
            "proposal": missing.proposal,
        }
        for missing in closure.unresolved
    ]
    paths = {(m.path if m.repository == "own" else f"@{m.repository} {m.path}"): _edge(m.edge) for m in closure.members}
    return {
        "members": paths,
        "distributions": {name: _edge(edge) for name, edge in sorted(closure.reasons.items())},
        "unresolved": unresolved,
        "problems": list(closure.problems),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_closure_is_as_expected(case: Path) -> None:
    shown = _shown(case)
    expected = case / "expected.json"
    if os.environ.get("LAMPAS_ACCEPT"):
        expected.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n")
    assert shown == json.loads(expected.read_text())


@pytest.mark.parametrize("case", [case for case in CASES if not case.name.startswith("bad-")], ids=lambda c: c.name)
def test_every_member_has_a_chain_from_the_application(case: Path) -> None:
    closure = _closure(case)
    for member in closure.members:
        chain = why(closure, member.path)
        assert chain[0].source == "app app"
        assert chain[-1].target == member.module
        assert all(before.target == after.source for before, after in pairwise(chain))
    for distribution in closure.distributions:
        if distribution.name in closure.reasons:
            assert why(closure, distribution.name)[0].source == "app app"
