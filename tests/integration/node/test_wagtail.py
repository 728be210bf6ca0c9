"""A Wagtail project as `wagtail start` makes it, on MariaDB: edited in its admin, kept over deploys.

The steps are one story: each test stands on the one before, as a user's days do.
"""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engines import forms
from engines.definitions import define, with_secret
from engines.node import Node

pytestmark = pytest.mark.long
PERSON = """\
from django.contrib.auth import get_user_model
get_user_model().objects.create_superuser("ada", "ada@example.com", "lovelace-1815")
"""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project."""
    place = tmp_path_factory.mktemp("wagtail")
    subprocess.run(["uv", "venv", "-q", "--python", "/usr/bin/python3", str(place / "env")], check=True)
    python = str(place / "env" / "bin" / "python")
    subprocess.run(["uv", "pip", "install", "-q", "--python", python, "wagtail~=6.3.0"], check=True)
    # Later ones bring django-tasks, whose generic, frozen classes with slots Debian's Python 3.11.2 cannot make.
    (place / "project").mkdir()
    start = [str(place / "env" / "bin" / "wagtail"), "start", "mysite", str(place / "project")]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL)
    return place / "project"


@pytest.fixture(scope="module")
def editor(node: Node, project: Path) -> Iterator[httpx.Client]:
    """The site live in version 1, and an editor who logged in."""
    node.json("import", str(project), "--repo", "site")
    define(node, "wagtail", "site")
    with_secret(node, "site", "SECRET_KEY", "a-key-that-nobody-guesses")
    built = node.json("release", "build", "site")
    assert (built["number"], built["verify"]["ok"]) == (1, True), built
    node.json("deploy", "site", "1")
    node.lampas("run", "site", "1", "--", "python", "manage.py", "shell", stdin=PERSON)
    with node.browser("site") as client:
        client.headers["Referer"] = str(client.base_url)
        login = forms.fields(client.get("/admin/login/").text, "/admin/login/")
        login |= {"username": "ada", "password": "lovelace-1815"}
        entered = client.post("/admin/login/", data=login, follow_redirects=True)
        assert entered.url.path == "/admin/", entered.text
        yield client


def test_a_page_that_was_edited_and_published_is_read_by_visitors(node: Node, editor: httpx.Client) -> None:
    (home,) = set(re.findall(r"/admin/pages/(\d+)/edit/", editor.get("/admin/pages/").text + _explorer(editor)))
    path = f"/admin/pages/{home}/edit/"
    fields = forms.fields(editor.get(path).text, path)
    answer = editor.post(path, data={**fields, "title": "Notes on the engine", "action-publish": "action-publish"})
    assert answer.status_code == 302, answer.text
    assert "Notes on the engine" in node.get("site").text


def test_an_image_that_was_uploaded_comes_from_apache(node: Node, editor: httpx.Client) -> None:
    fields = forms.fields(editor.get("/admin/images/add/").text, "/admin/images/add/")
    sent = editor.post(
        "/admin/images/add/",
        data={**fields, "title": "A pixel"},
        files={"file": ("pixel.png", PIXEL, "image/png")},
    )
    assert sent.status_code == 302, sent.text
    image = node.get("site", "/media/original_images/pixel.png")
    assert (image.status_code, image.content) == (200, PIXEL)


def test_both_are_kept_over_two_deploys(node: Node, editor: httpx.Client, project: Path) -> None:
    template = project / "home" / "templates" / "home" / "home_page.html"
    for edition in ("second", "third"):
        template.write_text(
            f"{template.read_text()}<!-- {edition} edition -->\n".replace("<!-- second", "{# second", 0)
        )
        node.json("import", str(project), "--repo", "site")
        number = node.json("release", "build", "site")["number"]
        node.json("deploy", "site", str(number))
        page = node.get("site")
        assert page.headers["Lampas-Release"] == f"site/{number}"
        assert "Notes on the engine" in page.text
        assert f"{edition} edition" in page.text
        assert node.get("site", "/media/original_images/pixel.png").content == PIXEL
        assert editor.get("/admin/").status_code == 200, "the editor is still logged in"


def _explorer(editor: httpx.Client) -> str:
    return editor.get("/admin/pages/2/").text if editor.get("/admin/pages/2/").status_code == 200 else ""
