"""Colours never change what a file says, and never let it act."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.console import highlight

NAMES = ("a.py", "a.html", "a.css", "a.js", "a.toml", "a.unknown", "Makefile", "a.pl", "a.md", "a.json")

TEXT = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], include_characters="\n\t")


def _plain(lines: list[str]) -> list[str]:
    return [html.unescape(re.sub(r"<[^>]*>", "", line)) for line in lines]


@pytest.mark.parametrize("name", NAMES)
@given(
    text=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], include_characters="\n\t"), max_size=200)
)
def test_the_lines_are_those_of_the_file(name: str, text: str) -> None:
    expected = text.split("\n")
    if expected[-1] == "":
        expected.pop()
    assert _plain([*highlight.lines(name, text)]) == expected


@pytest.mark.parametrize("name", NAMES)
def test_markup_in_a_file_is_text(name: str) -> None:
    shown = "".join(highlight.lines(name, '<script>alert(1)</script>\n"<img src=x onerror=alert(1)>"\n'))
    assert re.sub(r'</?span(?: class="[A-Za-z0-9 -]*")?>', "", shown).count("<") == 0


def test_a_very_long_file_is_shown_without_colours() -> None:
    text = "x = 1\n" * (highlight.LARGEST // 6 + 2)
    lines = highlight.lines("a.py", text)
    assert len(lines) == text.count("\n") and lines[0] == "x = 1"


def test_the_language_is_named_where_it_is_known() -> None:
    assert highlight.language("shop/cart.py") == "Python"
    assert highlight.language("lib/Shop.pm") == highlight.language("app.psgi") == highlight.language("a.pl") == "Perl"
    assert highlight.language("LICENCE") == ""
