"""Bytecode is a pure function of path and source, and no source can take the others down."""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

from lampas.build.bytecode import compile_all


def test_order_and_company_make_no_difference() -> None:
    folder = Path(sysconfig.get_paths()["stdlib"])
    sources = [(f"x/{path.name}", path.read_bytes()) for path in sorted(folder.glob("*.py"))]
    assert len(sources) > 100
    first = dict(zip((path for path, _ in sources), compile_all(sources), strict=True))
    others = random.Random(1).sample(sources, len(sources))  # noqa: S311 - an order, no secret
    assert dict(zip((path for path, _ in others), compile_all(others), strict=True)) == first
    alone = others[0]
    assert list(compile_all([alone])) == [first[alone[0]]]


def test_a_source_that_kills_the_compiler_has_none_and_the_others_have_theirs() -> None:
    killer = b"x = " + b"-" * 500_000 + b"1\n"
    sources = [
        ("a.py", b"x = 1\n"),
        ("killer.py", killer),
        ("no.py", b"def (:\n"),
        ("nul.py", b"a\0"),
        ("z.py", b"y = 2\n"),
    ]
    made = list(compile_all(sources))
    assert [data is not None for data in made] == [True, False, False, False, True]


def test_nothing_to_compile() -> None:
    assert list(compile_all([])) == []
