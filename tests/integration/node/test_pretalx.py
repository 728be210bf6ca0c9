"""pretalx, a conference system of some seventy distributions: built, migrated, collected, edited, upgraded.

The steps are one story: each test stands on the one before, as a user's days do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engines import sources
from engines.definitions import define
from engines.node import Node

pytestmark = pytest.mark.long
PERSON = {"login_email": "ada@example.com", "login_password": "lovelace-1815"}
EVENT = """\
from datetime import date
from django_scopes import scopes_disabled
from pretalx.event.models import Event, Organiser
from pretalx.person.models import User
with scopes_disabled():
    User.objects.create_superuser(email="ada@example.com", password="lovelace-1815", name="Ada")
    organiser = Organiser.objects.create(name="Engines", slug="engines")
    event = Event.objects.create(name="Engine Days", slug="days", organiser=organiser, is_public=True,
        date_from=date(2030, 5, 1), date_to=date(2030, 5, 2), email="ada@example.com", timezone="UTC",
        locale="en", locale_array="en", content_locale_array="en")
    print("made", event.slug)
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its source."""
    return sources.unpack("pretalx==2025.2", tmp_path_factory.mktemp("pretalx"))


@pytest.fixture(scope="module")
def visitor(node: Node, tree: Path) -> Iterator[httpx.Client]:
    """pretalx live in version 1 with one event, and a visitor."""
    node.json("import", str(tree), "--repo", "pretalx")
    define(node, "pretalx", "pretalx")
    built = node.json("release", "build", "pretalx")
    assert (built["number"], built["verify"]["ok"]) == (1, True), built
    assert built["distributions"] > 60
    node.json("deploy", "pretalx", "1")
    shell = ["python", "-m", "pretalx", "shell", "--no-imports", "--unsafe-disable-scopes"]
    made = node.lampas("run", "pretalx", "1", "--", *shell, stdin=EVENT)
    assert "made days" in made.stdout, made.stderr
    with node.browser("pretalx") as client:
        yield client


def test_the_event_has_its_page(visitor: httpx.Client) -> None:
    page = visitor.get("/days/")
    assert page.status_code == 200, page.text
    assert "Engine Days" in page.text


def test_a_person_logs_in(visitor: httpx.Client) -> None:
    form = visitor.get("/orga/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert token
    answer = visitor.post(
        "/orga/login/",
        data={**PERSON, "csrfmiddlewaretoken": token[1]},
        headers={"Referer": str(visitor.base_url)},
        follow_redirects=True,
    )
    assert answer.status_code == 200
    assert "Engine Days" in visitor.get("/orga/event/").text


def test_static_files_come_from_apache_and_may_be_kept_for_ever(visitor: httpx.Client) -> None:
    page = visitor.get("/days/").text
    path = next(iter(re.findall(r'"(/static/[^"]+[.][0-9a-f]{12}[.]css)"', page)))
    file = visitor.get(path)
    assert (file.status_code, file.headers["Content-Type"].partition(";")[0]) == (200, "text/css")
    assert "immutable" in file.headers["Cache-Control"]
    assert file.headers["Lampas-Release"] == "pretalx/1"
    assert visitor.get(path, headers={"If-None-Match": file.headers["ETag"]}).status_code == 304


def test_a_changed_template_is_a_second_version_on_the_same_data(node: Node, visitor: httpx.Client, tree: Path) -> None:
    base = tree / "src/pretalx/common/templates/common/base.html"
    base.write_text(base.read_text().replace("</body>", "<!-- second edition --></body>"))
    node.json("import", str(tree), "--repo", "pretalx")
    built = node.json("release", "build", "pretalx")
    assert (built["number"], built["verify"]["ok"]) == (2, True)
    node.json("deploy", "pretalx", "2")
    page = visitor.get("/days/")
    assert page.headers["Lampas-Release"] == "pretalx/2"
    assert "second edition" in page.text
    assert "Engine Days" in page.text
    assert "second edition" not in node.get("pretalx-v1", "/days/").text
    assert node.json("rollback", "pretalx")["number"] == 1
    assert "second edition" not in visitor.get("/days/").text


def test_a_setting_makes_a_third_without_building(node: Node, visitor: httpx.Client) -> None:
    made = node.json("env", "set", "pretalx", "PRETALX_MAIL_FROM=days@example.com")
    assert made["number"] == 3
    node.json("deploy", "pretalx", "3")
    assert visitor.get("/days/").headers["Lampas-Release"] == "pretalx/3"
