"""Module tables and facts are projections: what was kept up step by step is what is made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Workshop


def _rows() -> list[tuple[object, ...]]:
    from lampas.store.models import ModuleRow

    return sorted(ModuleRow.objects.values_list("repository__name", "path", "name", "kind", "oid"))


def test_what_was_refreshed_step_by_step_is_what_is_made_anew(workshop: Workshop) -> None:
    from lampas.core.names import RepositoryName
    from lampas.store import projections
    from lampas.store.models import ModuleRow

    shop = RepositoryName("shop")
    steps: list[dict[str, str | None]] = [
        {"src/shop/__init__.py": "", "src/shop/a.py": "x = 1", "README.md": "hello", "Größe.py": ""},
        {"src/shop/a.py": "x = 2", "src/shop/b.py": "", "README.md": None},
        {"src/__init__.py": ""},
        {"src/shop/b.py": None, "templates/x.html": "<p>"},
    ]
    for step in steps:
        workshop.commit("shop", step)
        assert projections.refresh(workshop.reader, shop).differed
        assert not projections.refresh(workshop.reader, shop).differed
    kept = _rows()
    assert ("shop", "src/shop/a.py", "src.shop.a") in {row[:3] for row in kept}
    assert not projections.rebuild(workshop.reader)
    ModuleRow.objects.filter(path="README.md").update(oid="0" * 40)
    ModuleRow.objects.filter(path__startswith="src/").delete()
    assert projections.rebuild(workshop.reader)
    assert _rows() == kept
    assert not projections.rebuild(workshop.reader)


def test_a_table_that_has_not_followed_a_push_is_not_wrong(workshop: Workshop) -> None:
    from lampas.store import projections

    workshop.commit("shop", {"a.py": "import b"})
    assert not projections.rebuild(workshop.reader)
    workshop.commit("shop", {"a.py": "import c", "b.py": ""})
    assert not projections.rebuild(workshop.reader)
    assert {row[1] for row in _rows()} == {"a.py", "b.py"}


def test_facts_that_are_wrong_are_made_anew(workshop: Workshop) -> None:
    from lampas.core.modules.values import Facts as Read
    from lampas.store import projections
    from lampas.store.models import Facts

    workshop.commit("shop", {"a.py": "import b", "c.py": "import d"})
    projections.rebuild(workshop.reader)
    kept = sorted(str(facts) for facts in Facts.objects.values_list("oid", "facts"))
    assert len(kept) == 2
    Facts.objects.filter(pk=Facts.objects.first().pk).update(facts=Read().encode())  # type: ignore[union-attr]
    assert projections.rebuild(workshop.reader)
    assert sorted(str(facts) for facts in Facts.objects.values_list("oid", "facts")) == kept


def test_an_unknown_repository_is_said(workshop: Workshop) -> None:
    from lampas.core.names import RepositoryName
    from lampas.errors import NotFound
    from lampas.store import projections

    with pytest.raises(NotFound):
        projections.refresh(workshop.reader, RepositoryName("none"))


def test_an_empty_repository_has_no_modules(workshop: Workshop) -> None:
    from lampas.core.names import RepositoryName
    from lampas.store import projections

    workshop.writer.create(RepositoryName("empty"))
    assert not projections.refresh(workshop.reader, RepositoryName("empty")).differed


def test_facts_are_read_once_for_each_blob(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from lampas.build import closures, definitions, sources
    from lampas.core.closure.chains import why
    from lampas.core.names import app_name
    from lampas.store import facts
    from lampas.store.models import Facts

    workshop.commit(
        "shop",
        {
            "lampas.toml": '[app.shop]\nentry = "shop.wsgi:app"\n',
            "shop/__init__.py": "",
            "shop/wsgi.py": "from shop import cart",
            "shop/cart.py": "",
        },
    )
    definition = definitions.find(workshop.reader, app_name("shop"))
    first = closures.compute(workshop.reader, definition, definition.commit)
    assert Facts.objects.count() == 2  # empty files are one blob
    facts.forget()
    monkeypatch.setattr(sources, "_analysed", lambda *_: pytest.fail("analysed again"))
    assert closures.compute(workshop.reader, definition, definition.commit) == first
    chain = [(edge.source, edge.target, edge.file, edge.line) for edge in why(first, "shop.cart")]
    assert chain == [("app shop", "shop.wsgi", "lampas.toml", 2), ("shop.wsgi", "shop.cart", "shop/wsgi.py", 1)]


def test_a_repository_is_behind_from_a_push_until_it_was_refreshed(workshop: Workshop) -> None:
    from lampas.core.names import RepositoryName
    from lampas.store import projections

    shop = RepositoryName("shop")
    workshop.commit("shop", {"a.py": ""})
    assert projections.behind() == [shop]
    projections.refresh(workshop.reader, shop)
    assert projections.behind() == []
    workshop.commit("shop", {"a.py": "x = 1"})
    assert projections.behind() == [shop]
