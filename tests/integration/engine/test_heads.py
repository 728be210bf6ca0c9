"""What applications need at the heads: kept by the worker, followed by commits, right for who asks earlier too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lampas.core.names import RepositoryName

if TYPE_CHECKING:
    from .conftest import Workshop

SHOP, COMMON = RepositoryName("shop"), RepositoryName("common")
DEFINED = 'repository = "shop"\nentry = "shop.wsgi:application"\n'
CODE = {
    "shop/__init__.py": "",
    "shop/wsgi.py": "from shop import cart\n\napplication = cart\n",
    "shop/cart.py": "import tools\n",
    "shop/spare.py": "",
}


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    """An application that uses another repository, and one beside it."""
    workshop.commit("common", {"tools.py": "", "other.py": ""})
    workshop.commit("shop", CODE)
    workshop.define("shop", DEFINED + 'uses = { common = "main" }\n')
    workshop.define("alone", 'repository = "common"\nentry = "other:application"\n')
    return workshop


def refresh(workshop: Workshop) -> int:
    """What the worker does."""
    from lampas.build import heads

    return heads.refresh(workshop.reader)


def needing(repository: RepositoryName, path: str) -> list[str]:
    """Who needs a file, as it is answered now."""
    from lampas.queries import heads

    return heads.needing(repository, [path]).get(path, [])


def test_who_needs_a_file_is_right_before_and_after_the_worker_came(shop: Workshop) -> None:
    wanted: list[tuple[RepositoryName, str, list[str]]] = [
        (SHOP, "shop/cart.py", ["shop"]), (COMMON, "tools.py", ["shop"]), (COMMON, "other.py", ["alone"]),
        (SHOP, "shop/spare.py", []),
    ]  # fmt: skip
    assert [needing(repository, path) for repository, path, _ in wanted] == [apps for *_, apps in wanted]
    assert refresh(shop) == 2
    assert [needing(repository, path) for repository, path, _ in wanted] == [apps for *_, apps in wanted]
    assert refresh(shop) == 0


@pytest.mark.parametrize("followed", [True, False], ids=["the worker came", "the worker is late"])
def test_it_follows_commits_definitions_and_other_repositories(shop: Workshop, followed: bool) -> None:
    refresh(shop)

    def step() -> None:
        if followed:
            refresh(shop)

    shop.commit("shop", {"shop/cart.py": "import tools\nfrom shop import spare\n"})
    step()
    assert needing(SHOP, "shop/spare.py") == ["shop"]
    shop.commit("common", {"tools.py": "import other\n"})
    step()
    assert needing(COMMON, "other.py") == ["alone", "shop"]
    shop.commit("common", {"extra.py": "", "tools.py": "import extra\n"})
    step()
    assert (needing(COMMON, "other.py"), needing(COMMON, "extra.py")) == (["alone"], ["shop"])
    shop.define("shop", DEFINED + 'uses = { common = "main" }\nlinks = ["other"]\n')
    step()
    assert needing(COMMON, "other.py") == ["alone", "shop"]
    shop.commit("cluster", {"apps/alone.toml": None})
    step()
    assert needing(COMMON, "other.py") == ["shop"]


def test_a_commit_that_changes_no_member_computes_no_closure(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from lampas.build import heads

    refresh(shop)
    computed: list[Any] = []
    real = heads.of
    monkeypatch.setattr(heads, "of", lambda *given: computed.append(given) or real(*given))
    head = shop.commit("shop", {"shop/spare.py": "x = 1\n"})
    assert (refresh(shop), computed) == (0, [])
    from lampas.store.models import HeadClosure

    assert HeadClosure.objects.get(application="shop").commits["shop"] == head
    shop.commit("shop", {"shop/cart.py": "import tools  # once more\n"})
    refresh(shop)
    assert len(computed) == 1


def test_what_cannot_be_computed_says_why_and_comes_back(shop: Workshop) -> None:
    from lampas.queries import heads

    shop.commit("shop", {"shop/wsgi.py": None})
    for _ in range(2):
        (problem,) = heads.unresolved()[1]
        assert (problem.application, "shop.wsgi" in problem.problem) == ("shop", True)
        refresh(shop)
    shop.commit("shop", {"shop/wsgi.py": "import nowhere\n"})
    for _ in range(2):
        rows, problems = heads.unresolved()
        assert ([(row.application, row.name, row.line) for row in rows], problems) == ([("shop", "nowhere", 1)], [])
        refresh(shop)


def test_releases_of_the_same_files_share_their_set_and_a_rebuild_gives_the_same(shop: Workshop) -> None:
    from lampas.build import heads
    from lampas.store.models import HeadClosure, PlaceSet, Release

    shop.build("shop")
    shop.commit("shop", {"shop/cart.py": "import tools\n\nTAX = 1\n"})
    shop.build("shop")
    refresh(shop)
    sets = set(Release.objects.values_list("places", flat=True))
    assert sets == {HeadClosure.objects.get(application="shop").places_id}
    shop.commit("shop", {"shop/cart.py": ""})
    refresh(shop)
    assert PlaceSet.objects.count() == 3
    assert not heads.rebuild(shop.reader)
    assert PlaceSet.objects.count() == 3
    PlaceSet.objects.get(heads__application="alone").placeinset_set.all().delete()
    HeadClosure.objects.filter(application="shop").update(places=PlaceSet.objects.create(digest="wrong"))
    assert heads.rebuild(shop.reader)
    assert needing(SHOP, "shop/cart.py") == ["shop"]
