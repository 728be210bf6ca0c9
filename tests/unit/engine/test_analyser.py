"""The Python analyser: it reads what is there, survives what is not Python, and stays within its bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.modules.analysers.python.analyser import LARGEST, WHOLE, analyse
from lampas.core.modules.analysers.python.skeleton import skeleton
from lampas.core.modules.values import Facts, FileName, Import, When

SOURCE = b'''"""Doc with import nothing."""
import os, a.b as c
from . import sibling
from ..up import (x, # one
                  y as z)
from star import *
async def f():
    """text
    from never import me
    """
    from deferred import thing; import second
    if True:
        # comment at another indentation
  # here
        import third
match value:
    case 1:
        import fourth
type Alias[T] = list[T]
try:
    import optional
except (ImportError, ValueError):
    optional = None
'''


def _read(source: bytes) -> list[tuple[str, tuple[str, ...], int, int]]:
    return [(i.module, i.names, i.level, i.line) for i in analyse(source).imports]


EXPECTED = [
    ("a.b", (), 0, 2),
    ("os", (), 0, 2),
    ("", ("sibling",), 1, 3),
    ("up", ("x", "y"), 2, 4),
    ("star", ("*",), 0, 6),
    ("deferred", ("thing",), 0, 11),
    ("second", (), 0, 11),
    ("third", (), 0, 15),
    ("fourth", (), 0, 18),
    ("optional", (), 0, 21),
]


def test_imports_with_their_lines() -> None:
    assert _read(SOURCE) == EXPECTED
    assert analyse(SOURCE).problems == ()
    assert analyse(SOURCE).imports[-1].when is When.OPTIONAL


def test_a_large_source_is_read_like_a_small_one() -> None:
    large = SOURCE + b"x = [\n" + b'    "import no", # from no import no\n' * 3000 + b"]\n"
    assert len(large) > WHOLE
    assert _read(large) == EXPECTED


def test_a_skeleton_keeps_lines() -> None:
    for source in (SOURCE, b"'''" + SOURCE, SOURCE.replace(b"\n", b"\r\n"), b"x = (\n1,\n2)\nimport y"):
        assert skeleton(source).count(b"\n") == source.count(b"\n")


def test_a_long_import_list_is_kept() -> None:
    names = tuple(f"name_{number}" for number in range(5000))
    large = b"from big import (\n" + "".join(f"    {name},  # why\n" for name in names).encode() + b")\n"
    assert _read(large) == [("big", names, 0, 1)]


def test_syntax_errors_mark_the_source_and_the_rest_is_read() -> None:
    found = analyse(b"import a\ndef broken(:\n    pass\nimport b\n")
    assert [i.module for i in found.imports] == ["a", "b"]
    assert found.problems == ("syntax error: what could be read was read",)


@pytest.mark.parametrize(
    "source",
    [
        b"(" * 1_000_000,
        b"x = a" + b".b" * 1_000_000,
        b"x = " + b"-" * 1_000_000 + b"1",
        b"x = " + b"lambda:" * 300_000 + b"1",
        b"x = " + b"a+" * 500_000 + b"a",
        b"f" + b"(x)" * 400_000,
        b"if " + b"not " * 200_000 + b"1:\n pass",
        b'"""' + b'\\"' * 2_000_000,
        b"import " + b"a." * 2_000_000,
        b"from a import (" + b"(" * 2_000_000,
        b"".join(b" " * depth + b"if x:\n" for depth in range(2000)),
        b"f'" + b"{f'" * 100_000,
    ],
    ids=[
        "parens",
        "attributes",
        "unary",
        "lambda",
        "sum",
        "calls",
        "not",
        "string",
        "dotted",
        "from",
        "ifs",
        "fstring",
    ],
)
def test_hostile_depth_is_bounded(source: bytes) -> None:
    analyse(source + b"\n\nimport after\n")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b"import a\n" + b"x" * LARGEST, "not read"),
        (bytes(range(256)) * 100, "NUL"),
        ("import a".encode("utf-16"), "NUL"),
        (b"# -*- coding: nonsense -*-\nimport a\n", "decoded"),
        (b"# coding: zlib\nimport a\n", "decoded"),
        (b"import a # \xff\n", "UTF-8"),
        (b"import a;" * 30_000, "only the first"),
    ],
)
def test_what_cannot_be_read_is_said(source: bytes, problem: str) -> None:
    assert problem in " ".join(analyse(source).problems)


def test_encodings() -> None:
    assert _read("# coding: latin-1\nimport caf\xe9\n".encode("latin-1")) == [("caf\xe9", (), 0, 2)]
    assert _read(b"\xef\xbb\xbfimport a\n") == [("a", (), 0, 1)]
    assert _read("import größe\n".encode()) == [("größe", (), 0, 1)]


def test_strings_that_look_like_files() -> None:
    source = b'x = "a.sql"\n\ny = \'b/c-d.json\' + "no" + "a.sql"\nz = "x.y z" + "1.5" + "p.\xc3\xbc"\n'
    assert analyse(source).files == (FileName("a.sql", 1), FileName("b/c-d.json", 3))


def test_import_module_with_literals() -> None:
    source = (
        b'import_module("a.b")\nimport_module(".c", "p.q")\nimport_module(".d", package=__package__)\n__import__("e")\n'
    )
    assert [(i.module, i.level) for i in analyse(source).imports] == [("a.b", 0), ("p.q.c", 0), ("d", 1), ("e", 0)]
    assert all(i.provenance == "string" for i in analyse(source).imports)
    assert analyse(b'import_module(name)\nimport_module(f"{b}.a")\nimport_module("not a name")\n').imports == ()


@given(st.binary(max_size=400))
def test_any_bytes_give_facts(source: bytes) -> None:
    analyse(source)
    skeleton(source)


@given(
    st.lists(
        st.builds(
            Import,
            st.text(max_size=10),
            st.tuples(st.text(max_size=5)),
            st.integers(0, 5),
            st.integers(1, 99),
            st.sampled_from(When),
            st.sampled_from(["import", "string"]),
        ),
        max_size=5,
    )
)
def test_facts_are_read_back_equal(imports: list[Import]) -> None:
    facts = Facts(tuple(imports), ("problem",), (FileName("a.sql", 3),))
    assert Facts.decode(facts.encode()) == facts
