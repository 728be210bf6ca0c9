"""Requirements added by program: what a person wrote around them stays, and what is not understood is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas.core.definition.parsing import parse
from lampas.core.distributions.adding import packages, to_definition, to_file
from lampas.core.distributions.projects import parse_project
from lampas.core.names import AppName, RepositoryName
from lampas.errors import InvalidInput

SHOP = RepositoryName("shop")
APP = AppName("shop")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[app.shop]\nentry = "a:b" # here\n', '[app.shop]\nrequirements = ["pyyaml>=6"]\nentry = "a:b" # here\n'),
        (
            '[app.shop]\nentry = "a:b"\nrequirements = ["flask"] # ours\n[app.two]\nentry = "c:d"\n',
            '[app.shop]\nentry = "a:b"\nrequirements = ["flask", "pyyaml>=6"] # ours\n[app.two]\nentry = "c:d"\n',
        ),
        (
            '[app."shop"]\nentry = "a:b"\nrequirements = [\n  "flask[async]", # why\n  "click"\n]\n',
            '[app."shop"]\nentry = "a:b"\nrequirements = [\n  "flask[async]", # why\n  "click",\n  "pyyaml>=6",\n]\n',
        ),
        ('[app.shop]\nentry = "a:b"\nrequirements = []\n', '[app.shop]\nentry = "a:b"\nrequirements = ["pyyaml>=6"]\n'),
        (
            '[app.shop]\nentry = "a:b"\n[app.shop.env]\nrequirements = "x"\n',
            '[app.shop]\nrequirements = ["pyyaml>=6"]\nentry = "a:b"\n[app.shop.env]\nrequirements = "x"\n',
        ),
    ],
)
def test_a_definition_gets_one_more_and_keeps_everything_else(before: str, after: str) -> None:
    assert to_definition(before, "lampas.toml", APP, ["pyyaml>=6"], SHOP) == after


@pytest.mark.parametrize(
    "text",
    [
        '[app]\nshop = { entry = "a:b" }\n',
        '[app.shop]\nentry = "a:b"\nrequirements = "requirements.txt"\n',
        '[app.other]\nentry = "a:b"\n',
        '[app.shop]\nentry = "a:b"\nrequirements = [\n  "flask" # the last\n]\n',
    ],
)
def test_a_definition_that_only_a_person_can_change_is_left_alone(text: str) -> None:
    with pytest.raises(InvalidInput):
        to_definition(text, "lampas.toml", APP, ["pyyaml"], SHOP)


def test_files_get_lines() -> None:
    assert to_file("flask", "requirements.txt", ["pyyaml", "click"]) == "flask\npyyaml\nclick\n"
    assert to_file("", "requirements.txt", ["pyyaml"]) == "pyyaml\n"
    text = '[project]\nname = "x"\ndependencies = [\n    "flask",\n]\n[tool.x]\ny = [1]\n'
    changed = to_file(text, "pyproject.toml", ["pyyaml"])
    assert changed == '[project]\nname = "x"\ndependencies = [\n    "flask",\n    "pyyaml",\n]\n[tool.x]\ny = [1]\n'
    with pytest.raises(InvalidInput):
        to_file("[tool.x]\n", "pyproject.toml", ["pyyaml"])


_ITEMS = st.lists(st.from_regex(r"[a-z]{1,8}(\[[a-z]{1,4}\])?(>=\d)?", fullmatch=True), max_size=4, unique=True)


@given(items=_ITEMS.filter(bool), count=st.integers(0, 3))
def test_what_is_added_is_read_back(items: list[str], count: int) -> None:
    had, more = items[: min(count, len(items) - 1)], items[min(count, len(items) - 1) :]
    listed = ",\n".join(f'  "{item}"' for item in had)
    text = f"[project]\ndependencies = [\n{listed}\n]\n"
    assert parse_project(to_file(text, "pyproject.toml", more), "pyproject.toml").dependencies == (*had, *more)
    written = f'[app.shop]\nentry = "a:b"\nrequirements = {had}\n'.replace("'", '"')
    changed = to_definition(written, "lampas.toml", APP, more, SHOP)
    assert parse(changed, "lampas.toml", SHOP)[APP].requirements == (*had, *more)


def test_a_definition_asks_for_more_debian_packages_and_keeps_everything_else() -> None:
    text = '[app.shop]\nentry = "a:b"\npackages = ["libdbi-perl"] # ours\n'
    changed = '[app.shop]\nentry = "a:b"\npackages = ["libdbi-perl", "libtemplate-perl"] # ours\n'
    assert packages(text, "lampas.toml", APP, ["libtemplate-perl"], SHOP) == changed
    with pytest.raises(InvalidInput):
        packages('[app]\nshop = { entry = "a:b" }\n', "lampas.toml", APP, ["libdbi-perl"], SHOP)
