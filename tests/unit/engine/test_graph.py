"""A graph that followed changes step by step is the graph that is made anew, reasons included."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest

from lampas.core.closure.compute import closed, compute
from lampas.core.closure.graph import Graph
from lampas.core.closure.scope import Scope, changed, difference
from lampas.core.closure.values import Closure
from lampas.core.definition.parsing import parse
from lampas.core.distributions.values import Lock
from lampas.core.modules.analysers.choice import analyser_of
from lampas.core.modules.values import Facts, Module
from lampas.core.names import AppName, Oid, RepositoryName
from lampas.errors import LampasError

_SPEC = importlib.util.spec_from_file_location("engine_trees", Path(__file__).with_name("trees.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
trees = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(trees)

DEFINITION = parse('[app.app]\nentry = "app:app"\n', "lampas.toml", RepositoryName("own"))[AppName("app")]
PATHS = [
    "app.py", "a.py", "a/__init__.py", "a/b.py", "a/b/__init__.py", "a/b/c.py", "a/data/x.txt", "json/tool.py",
    "n/m/k.py",
    "templates/base.html", "a/templates/a/page.html", "a/templatetags/tags.py", "a/models.py", "a/migrations/0001_x.py",
    "a/admin.py", "pyproject.toml", "static/x.css", "static/y.png", "a.b.html",
]  # fmt: skip
LINES = [
    "import a", "import a.b", "from a import b", "from a.b import c", "import a.b.c.d", "import json.tool",
    "import n.m",
    "from n import m", "import missing", "from . import b", "from .b import c", "x = 'a.b.c'", "x = 'a/page.html'",
    "INSTALLED_APPS = ['a', 'django.contrib.admin']", "INSTALLED_APPS = ['a']", "import_module(f'a.{x}')",
    "def f():\n    import a.models", "try:\n    import a.b\nexcept ImportError:\n    pass",
    "entry_points(group='plugins')",
]  # fmt: skip
OTHER = {
    "html": ["{% extends 'a/page.html' %}", "{% load tags %}", "<p>"],
    "toml": ["[project.entry-points.plugins]\nx = 'a.b:c'", ""],
    "css": ["p { background: url(y.png) }", ""],
}


def _content(path: str, chance: random.Random) -> str:
    return "\n".join(chance.sample(OTHER.get(path.rpartition(".")[2], LINES), chance.randint(0, 1) + 1)) + "\n"


def _facts(contents: dict[Oid, str], module: Module) -> Facts:
    analyser = analyser_of(module)
    source = contents[module.oid].encode()
    return analyser.analyse(source, module.path.rpartition("/")[2]) if analyser is not None else Facts()


def _shown(closure: Closure | str) -> object:
    return closure if isinstance(closure, str) else (closure.members, closure.unresolved, dict(closure.reasons))


def _anew(scope: Scope, contents: dict[Oid, str]) -> Closure | str:
    facts = {module.oid: Facts() for module in scope.modules}
    for module in scope.modules:
        facts[module.oid] = facts[module.oid] | _facts(contents, module)
    try:
        return compute(DEFINITION, Oid("c" * 40), [scope], facts, Lock())
    except LampasError as error:
        return error.message


def _now(graph: Graph, scope: Scope) -> Closure | str:
    try:
        return closed(graph, DEFINITION, Oid("c" * 40), [scope], Lock())
    except LampasError as error:
        return error.message


@pytest.mark.parametrize("seed", range(40))
def test_a_graph_that_followed_changes_is_the_one_that_is_made_anew(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (the same edits for the same seed)
    files = {"app.py": "import a\n"}
    contents: dict[Oid, str] = {}
    scope = trees.scope("own", files, "")
    graph = Graph({RepositoryName("own"): ""}, {})
    before = Scope(RepositoryName("own"), "", (), {})
    for _ in range(12):
        contents.update({trees.oid(text.encode()): text for text in files.values()})
        gone, come = difference(before, scope)
        graph.change(gone, come, lambda module: _facts(contents, module))
        assert _shown(_now(graph, scope)) == _shown(_anew(trees.scope("own", files, ""), contents))
        before = scope
        edited = dict.fromkeys(chance.sample(PATHS, chance.randint(1, 4)))
        for path in edited:
            if path in files and path != "app.py" and chance.random() < 0.4:
                del files[path]
            else:
                # One content stands for one kind of file here: what two analysers read in one blob is added up.
                files[path] = _content(path, chance) + ("" if path.endswith(".py") else f"<!-- {path} -->")
        entries = trees.entries(files)
        scope = changed(before, {path: entries.get(path) for path in edited})


def test_a_walk_that_was_taken_stays_as_it_was() -> None:
    files = {"app.py": "import a\n", "a.py": "import b\n", "b.py": ""}
    contents = {trees.oid(text.encode()): text for text in files.values()}
    scope = trees.scope("own", files, "")
    graph = Graph({RepositoryName("own"): ""}, {})
    graph.change((), scope.modules, lambda module: _facts(contents, module))
    kept = graph.adjacency
    roots = graph.ids([(RepositoryName("own"), "app.py")])
    reached = kept.walk(trees.ids(roots)).order.tolist()
    graph.change([m for m in scope.modules if m.path == "b.py"], (), lambda module: _facts(contents, module))
    assert kept.walk(trees.ids(roots)).order.tolist() == reached
    assert graph.adjacency is not kept


def test_what_needs_a_file_is_found_backwards() -> None:
    files = {"app.py": "import a\n", "a.py": "import b\n", "b.py": "", "c.py": "import b\n", "d.py": ""}
    contents = {trees.oid(text.encode()): text for text in files.values()}
    scope = trees.scope("own", files, "")
    graph = Graph({RepositoryName("own"): ""}, {})
    graph.change((), scope.modules, lambda module: _facts(contents, module))
    (node,) = graph.ids([(RepositoryName("own"), "b.py")])
    found = graph.adjacency.walk_back(trees.ids([node])).order.tolist()
    assert {graph.modules[n].path for n in found if graph.modules[n] is not None} == {"app.py", "a.py", "b.py", "c.py"}  # type: ignore[union-attr]
