"""Code in the browser: reading it, changing it, and never overwriting what somebody else wrote."""

from __future__ import annotations

from typing import Any

import pytest

from integration.console import rows
from integration.console.conftest import Visit

FILE = "/code/shop/edit/shop/catalogue.py"


@pytest.fixture
def shop(tables: Any) -> list[str]:
    """A repository with three commits, and people."""
    rows.person("ada")
    rows.person("vera", "viewer")
    return rows.shop()


def _text(path: str = "shop/catalogue.py", repository: str = "shop") -> bytes:
    from lampas.queries import code

    reader = code.reader()
    name: Any = repository
    return reader.blob(name, reader.tree(name, reader.resolve(name, "main"))[path].oid)


def _head() -> str:
    from lampas.queries import code

    name: Any = "shop"
    return code.reader().resolve(name, "main")


def test_a_file_is_shown_with_numbered_coloured_lines(visit: Visit, shop: list[str]) -> None:
    page = visit().get("/code/shop/file/shop/catalogue.py").content.decode()
    assert 'id="L1"' in page and 'id="L16"' in page and 'id="L17"' not in page
    assert '<span class="k">class</span>' in page


def test_a_file_is_shown_as_it_was_at_a_commit(visit: Visit, shop: list[str]) -> None:
    assert "3.50" in visit().get("/code/shop/file/shop/catalogue.py").content.decode()
    old = visit().get(f"/code/shop/file/shop/catalogue.py?at={shop[0]}").content.decode()
    assert "3.20" in old and "3.50" not in old
    assert "Only a file on a branch can be edited" in old


def test_what_somebody_pushed_is_text_on_the_page(visit: Visit, shop: list[str]) -> None:
    rows.repository("evil", {"<img src=x>.py": "x = '<script>alert(1)</script>'\n", "README.md": "<b>bold</b>"})
    browser = visit()
    for page in ("/code/evil", "/code/evil/file/%3Cimg%20src%3Dx%3E.py", "/search?q=%3Cscript%3E", "/code/evil/log"):
        text = browser.get(page).content.decode()
        assert "<script>alert" not in text and "<img src=x>" not in text and "<b>bold" not in text, page


def test_raw_content_is_a_download_in_a_sandbox(visit: Visit, shop: list[str]) -> None:
    response: Any = visit().get("/code/shop/raw/shop/templates/shop/index.html")
    assert response.content == rows.SHOP["shop/templates/shop/index.html"].encode()
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_commit_shows_what_it_changed(visit: Visit, shop: list[str]) -> None:
    page = visit().get(f"/code/shop/commit/{shop[2]}").content.decode()
    assert "The reason stands here." in page
    assert page.count('<tr class="add">') == 1 and page.count('<tr class="remove">') == 1


def test_the_history_of_a_file_has_only_its_commits(visit: Visit, shop: list[str]) -> None:
    page = visit().get("/code/shop/log?path=shop/orders.py").content.decode()
    assert shop[1] in page and shop[0] in page and shop[2] not in page


def test_blame_names_the_commit_of_each_line(visit: Visit, shop: list[str]) -> None:
    page = visit().get("/code/shop/blame/shop/catalogue.py").content.decode()
    assert shop[0] in page and shop[2] in page and shop[1] not in page


def test_search_marks_the_text_in_its_line(visit: Visit, shop: list[str]) -> None:
    page = visit().get("/search?q=nothing_that_exists").content.decode()
    assert "<mark>nothing_that_exists</mark>" in page and "/code/shop/file/unused.py#L1" in page
    assert "No line" in visit().get("/search?q=absent+words").content.decode()


def test_an_edit_becomes_a_commit_by_its_author(visit: Visit, shop: list[str]) -> None:
    form = {"parent": shop[2], "text": "PRODUCTS = []\r\npages = 1\r\n", "message": "shop: sell nothing"}
    response: Any = visit().post(FILE, form)
    assert response.headers["Location"] == "/code/shop/file/shop/catalogue.py?at=main"
    assert _text() == b"PRODUCTS = []\npages = 1\n"
    page = visit().get("/code/shop/log").content.decode()
    assert "shop: sell nothing" in page


def test_a_conflict_keeps_both_texts(visit: Visit, shop: list[str]) -> None:
    first = visit().post(FILE, {"parent": shop[2], "text": "theirs = 1\n", "message": "first"})
    assert first.status_code == 302
    response = visit().post(FILE, {"parent": shop[2], "text": "mine = 1\n", "message": "second"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Nothing was overwritten" in page and "mine = 1" in page and "theirs = 1" in page
    assert f'name="parent" value="{_head()}"' in page
    assert _text() == b"theirs = 1\n"
    again = visit().post(FILE, {"parent": _head(), "text": "mine = 1\n", "message": "second"})
    assert again.status_code == 302 and _text() == b"mine = 1\n"


def test_line_ends_stay_as_the_file_had_them(visit: Visit, shop: list[str]) -> None:
    made = rows.repository("dos", {"a.txt": "one\r\ntwo\r\n"})
    visit().post("/code/dos/edit/a.txt", {"parent": made[0], "text": "one\r\nthree\r\n", "message": ""})
    assert _text("a.txt", "dos") == b"one\r\nthree\r\n"


def test_saving_without_a_change_commits_nothing(visit: Visit, shop: list[str]) -> None:
    before = _head()
    visit().post(FILE, {"parent": before, "text": _text().decode(), "message": ""})
    assert _head() == before


def test_a_new_file_and_its_removal(visit: Visit, shop: list[str]) -> None:
    browser = visit()
    browser.post("/code/shop/new", {"parent": shop[2], "path": "docs/how to.md", "text": "# how\n", "message": ""})
    assert _text("docs/how to.md") == b"# how\n"
    taken = browser.post("/code/shop/new", {"parent": _head(), "path": "README.md", "text": "x", "message": ""})
    assert taken.status_code == 422 and "is there already" in taken.content.decode()
    wrong = browser.post("/code/shop/edit/docs/how to.md", {"parent": _head(), "remove": "docs"})
    assert wrong.status_code == 422 and _text("docs/how to.md") == b"# how\n"
    browser.post("/code/shop/edit/docs/how to.md", {"parent": _head(), "remove": "docs/how to.md"})
    assert browser.get("/code/shop/file/docs/how to.md").status_code == 404


def test_a_path_that_leaves_the_tree_is_refused_and_the_text_kept(visit: Visit, shop: list[str]) -> None:
    for path in ("../evil", ".git/config", "a//b", "/", "a/../../b"):
        response = visit().post("/code/shop/new", {"parent": shop[2], "path": path, "text": "kept text", "message": ""})
        assert response.status_code == 422, path
        assert "kept text" in response.content.decode(), path
    assert _head() == shop[2]


def test_a_viewer_reads_but_does_not_commit(visit: Visit, shop: list[str]) -> None:
    from lampas.store.models import AuditRow

    browser = visit("vera")
    assert "It takes the permission" in browser.get("/code/shop/file/shop/catalogue.py").content.decode()
    response = browser.post(FILE, {"parent": shop[2], "text": "evil = 1\n", "message": ""})
    assert response.status_code in (403, 422) and _head() == shop[2]
    assert AuditRow.objects.filter(actor="vera", action="code.commit", outcome="denied").count() == 1


def test_a_repository_is_made_and_a_bad_name_is_explained(visit: Visit, shop: list[str]) -> None:
    browser = visit()
    made: Any = browser.post("/new/repository", {"name": "tools"})
    assert made.headers["Location"] == "/code/tools"
    assert "git push lampas HEAD:main" in browser.get("/code/tools").content.decode()
    for name in ("Bad Name", "tools", "../x"):
        refused: Any = browser.post("/new/repository", {"name": name}, follow=True)
        assert 'class="note bad"' in refused.content.decode(), name
