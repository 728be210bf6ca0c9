"""Hot fixes: a release made from another one plus single revisions, whatever the branch has become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Workshop

DEFINED = '[app.shop]\nentry = "shop.wsgi:application"\nuses = { common = "main" }\n'
CODE = {
    "lampas.toml": DEFINED,
    "shop/__init__.py": "",
    "shop/wsgi.py": "from shop.cart import total\nfrom tools import rate\n\napplication = lambda *_: total(rate)\n",
    "shop/cart.py": "def total(rate):\n    return rate * 1\n",
    "shop/page.py": "",
}


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    """An application with release 1; its branch and the repository that it uses have gone on since."""
    workshop.commit("common", {"tools.py": "rate = 1\n"})
    workshop.commit("shop", CODE)
    workshop.build("shop")
    workshop.commit("common", {"tools.py": "rate = 2\n"})
    workshop.commit(
        "shop", {"shop/wsgi.py": "raise SystemExit('half done')\n", "lampas.toml": DEFINED + "threads = 3\n"}
    )
    return workshop


def release(number: int) -> Any:
    """A stored release."""
    from lampas.store.models import Release

    return Release.objects.get(number=number)


def revisions(number: int) -> dict[str, str]:
    """What a release holds: revision by path."""
    return {row["path"]: row["revision"] for row in release(number).closure["members"]}


@pytest.mark.parametrize("name", ["shop.cart", "shop/cart.py", "shop:shop.cart", "shop:shop/cart.py"])
def test_a_hot_fix_is_a_release_plus_one_revision(shop: Workshop, name: str) -> None:
    fix = shop.commit("shop", {"shop/cart.py": "def total(rate):\n    return rate * 2\n"})
    built = shop.build("shop", base=1, pins={name: fix[:12]})
    assert (built.number, built.verify.ok) == (2, True)
    before, after = revisions(1), revisions(2)
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} == {"shop/cart.py"}
    assert (release(2).commit, release(2).definition) == (release(1).commit, release(1).definition)
    (pin,) = release(2).closure["pins"]
    assert (pin["repository"], pin["path"], pin["commit"], pin["provenance"]) == ("shop", "shop/cart.py", fix, "pinned")
    assert [row["path"] for row in release(2).closure["members"] if row.get("pinned") == fix] == ["shop/cart.py"]
    again = shop.build("shop", base=1, pins={name: fix})
    assert (again.number, again.id, again.existed) == (2, built.id, True)


def test_a_hot_fix_of_a_hot_fix_has_both(shop: Workshop) -> None:
    from lampas.queries import comparison

    first = shop.commit("shop", {"shop/cart.py": "def total(rate):\n    return rate * 2\n"})
    second = shop.commit("common", {"tools.py": "rate = 3\n"})
    shop.build("shop", base=1, pins={"shop.cart": first})
    shop.build("shop", base=2, pins={"common:tools": second})
    assert [(pin["path"], pin["commit"]) for pin in release(3).closure["pins"]] == [
        ("tools.py", second), ("shop/cart.py", first)
    ]  # fmt: skip
    found = comparison.releases(release(2), release(3))
    assert [row["path"] for row in found.modules.changed] == ["tools.py"]
    assert [row["path"] for row in found.pins.added] == ["tools.py"]


def test_what_was_used_stays_at_its_commit_and_names_are_looked_up_in_all_repositories(shop: Workshop) -> None:
    fix = shop.commit("common", {"tools.py": "rate = 4\n", "more.py": ""})
    shop.build("shop", base=1, pins={"tools": fix})
    assert revisions(2)["tools.py"] != revisions(1)["tools.py"]
    assert revisions(2)["shop/wsgi.py"] == revisions(1)["shop/wsgi.py"]
    assert release(2).closure["commits"] == release(1).closure["commits"]


BREAKS = [
    ({"shop/cart.py": "import shop.later\n\ndef total(rate): ...\n", "shop/later.py": ""},
     "shop/cart.py:1 imports shop.later, which is nowhere"),
    ({"shop/cart.py": "def f():\n    import none\n\ndef total(rate): ...\n"},
     "shop/cart.py:2 imports none, which is nowhere"),
    ({"shop/cart.py": "def sum_of(rate): ...\n"}, "shop/wsgi.py:1 takes total from shop.cart, which has no such name"),
    ({"shop/cart.py": "from shop.page import made\n\ndef total(rate): ...\n", "shop/page.py": "made = 1\n"},
     "shop/cart.py:1 takes made from shop.page, which has no such name there"),
    ({"shop/cart.py": "x = 1\n\ndef total(rate:\n    return 1\n"}, "the syntax of shop/cart.py:3 is bad"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "words"), BREAKS)
def test_a_pin_that_does_not_fit_is_refused_with_its_line(shop: Workshop, files: dict[str, str], words: str) -> None:
    from lampas.build.pinning import PinBreaks
    from lampas.store.models import Release

    fix = shop.commit("shop", files)
    with pytest.raises(PinBreaks) as refused:
        shop.build("shop", base=1, pins={"shop.cart": fix})
    assert words in refused.value.message
    assert Release.objects.count() == 1


def test_what_a_broken_pin_needs_can_be_pinned_with_it(shop: Workshop) -> None:
    fix = shop.commit("shop", {"shop/cart.py": "from shop.page import made as total\n", "shop/page.py": "made = max\n"})
    built = shop.build("shop", base=1, pins={"shop.cart": fix, "shop.page": fix})
    assert built.verify.ok


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import none\nexcept ImportError:\n    none = None\n\ndef total(rate): ...\n",
        "def __getattr__(name):\n    return max\n",
        "from shop.page import *\n\nglobals().update(total=max)\n",
        "if True:\n    total = max\nelse:\n    (total, x) = max, 1\n",
    ],
)
def test_what_sources_cannot_tell_is_let_pass(shop: Workshop, source: str) -> None:
    fix = shop.commit("shop", {"shop/cart.py": source})
    assert shop.build("shop", base=1, pins={"shop.cart": fix}).number == 2


@pytest.mark.parametrize(
    ("pins", "words"),
    [
        ({"shop.page": "main"}, "nothing of shop needs shop/page.py of shop"),
        ({"shop.none": "main"}, "has no shop.none at"),
        ({"shop.cart": "no-such-branch"}, "no branch, tag or commit"),
        ({"else:shop.cart": "main"}, "shop does not use the repository else"),
        ({":shop.cart": "main"}, "names nothing to pin"),
    ],
)
def test_what_cannot_be_pinned_is_named(shop: Workshop, pins: dict[str, str], words: str) -> None:
    from lampas.errors import LampasError

    with pytest.raises(LampasError) as refused:
        shop.build("shop", base=1, pins=pins)
    assert words in refused.value.message


def test_a_release_has_its_own_commit_and_must_be_there(shop: Workshop) -> None:
    from lampas.errors import InvalidInput, NotFound

    with pytest.raises(InvalidInput):
        shop.build("shop", at="main", base=1)
    with pytest.raises(NotFound):
        shop.build("shop", base=9)


def test_the_definition_is_that_of_the_release_though_cluster_has_gone_on(workshop: Workshop) -> None:
    text = 'repository = "shop"\nentry = "shop:application"\n'
    workshop.define("shop", text + "threads = 5\n")
    workshop.commit("shop", {"shop.py": "application = max\n"})
    workshop.build("shop")
    workshop.define("shop", text + "threads = 6\n")
    fix = workshop.commit("shop", {"shop.py": "application = min\n"})
    workshop.build("shop", base=1, pins={"shop": fix})
    assert [release(number).definition["threads"] for number in (1, 2)] == [5, 5]
    assert release(2).definition_commit == release(1).definition_commit
