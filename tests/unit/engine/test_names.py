"""The names at the top of a module: those that Python's own compiler sees, or the word that nobody can tell."""

from __future__ import annotations

import email
import symtable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.modules.analysers.python.names import bad_line, names_of

SOURCES = sorted(path for path in Path(email.__file__).parents[1].glob("*.py") if path.stat().st_size < 100_000)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_name_of_the_standard_library_is_seen(path: Path) -> None:
    source = path.read_bytes()
    found = names_of(source)
    table = symtable.symtable(source.decode(), path.name, "exec")
    bound = {one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()}
    assert found is None or bound <= found
    assert bad_line(source) == 0


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b\nimport a.c as d\nfrom .x import y as z, w", {"a", "d", "z", "w"}),
        ("x = y = 1\n(p, *q), [r] = s.t, u[0] = f()\nv: int = 1\nw: int", {"x", "y", "p", "q", "r", "v", "w"}),
        ("if (n := 1):\n    a = 1\nelse:\n    for b in c:\n        with d as e, f() as (g, h): pass", set("nabegh")),
        ("try:\n    a = 1\nexcept E as e:\n    b = 1\nfinally:\n    c = 1", {"a", "e", "b", "c"}),
        ("@d\nclass A:\n    x = 1\n    def m(self):\n        global g\n        g = y = 1", {"A", "g"}),
        ("async def f(): ...\nlambda: (z := 1)\na.b = 1\na[0] = 1", {"f"}),
    ],
)
def test_what_binds_a_name_at_the_top(source: str, names: set[str]) -> None:
    found = names_of(source.encode())
    assert found is not None
    assert {name for name in found if not name.startswith("__")} == names


@pytest.mark.parametrize(
    "source",
    [
        "from a import *", "def __getattr__(name): ...", "globals()['x'] = 1", "exec('x = 1')", "x = (", "\0",
        "import sys\nsys.modules[__name__] = 1", "match x:\n    case [y]: pass", "x = 1\n" * 20_000,
    ],
)  # fmt: skip
def test_what_a_source_does_not_show_is_not_claimed(source: str) -> None:
    assert names_of(source.encode()) is None


@pytest.mark.parametrize(("source", "line"), [("x = 1\ny = (\n", 2), ("a\n\ndef f(:\n    pass\n", 3), ("x = 1", 0)])
def test_the_first_bad_line_is_told(source: str, line: int) -> None:
    assert bad_line(source.encode()) == line


@given(st.binary(max_size=300))
def test_no_bytes_bring_it_down(source: bytes) -> None:
    names_of(source)
    assert 0 <= bad_line(source) <= source.count(b"\n") + 1
