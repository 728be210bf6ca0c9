"""Code that stays as it is: files and static directories of its definition, and uploads that outlive releases.

One story: each test stands on the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.node import Node

CODE = """\
import os, pathlib

def make(settings):
    def application(environ, start_response):
        path = pathlib.Path(environ["PATH_INFO"].lstrip("/"))
        if environ["REQUEST_METHOD"] == "POST":
            path.write_bytes(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [settings.encode()]
    return application
"""
DEFINITION = """\
[app.gallery]
repository = "gallery"
entry = "shim:application"
persist = [{persist}]
static = {{ "/static" = "web", "/media" = "my uploads", "/kept" = "more" }}
[app.gallery.files]
"shim.py" = '''
import pathlib
from gallery import make
application = make(pathlib.Path("etc/gallery.ini").read_text())
'''
"etc/gallery.ini" = "title = {title}"
"""


@pytest.fixture(scope="module")
def gallery(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The application in version 1, with something uploaded."""
    source = tmp_path_factory.mktemp("gallery")
    for path, text in {"gallery.py": CODE, "web/site.css": "p {}", "my uploads/shipped.txt": "in the release"}.items():
        (source / path).parent.mkdir(exist_ok=True)
        (source / path).write_text(text)
    node.json("import", str(source), "--repo", "gallery")
    release(node, source.with_suffix(".toml"), '"my uploads"', "first")
    with node.browser("gallery") as client:
        assert client.post("/my%20uploads/cat.html", content=b"<script>meow</script>").status_code == 200
    yield node


def release(node: Node, file: Path, persist: str, title: str) -> int:
    """Defines, builds and deploys; returns the release's number."""
    file.write_text(DEFINITION.format(persist=persist, title=title))
    node.json("app", "define", "gallery", str(file))
    built = node.json("release", "build", "gallery")
    assert built["verify"]["ok"], built
    node.json("deploy", "gallery", str(built["number"]))
    return int(built["number"])


def test_the_shim_of_the_definition_runs_the_code_with_its_configuration(gallery: Node) -> None:
    assert gallery.get("gallery").text == "title = first"
    members = {member["path"] for member in gallery.json("closure", "gallery")["members"]}
    assert {"shim.py", "etc/gallery.ini", "gallery.py", "web/site.css"} <= members


def test_the_front_serves_what_the_release_brings(gallery: Node) -> None:
    answer = gallery.get("gallery", "/static/site.css")
    assert (answer.text, answer.headers["Lampas-Release"]) == ("p {}", "gallery/1")
    assert "etag" in answer.headers
    assert gallery.get("gallery", "/static/none.css").status_code == 404


def test_an_upload_is_served_and_runs_nothing(gallery: Node) -> None:
    answer = gallery.get("gallery", "/media/cat.html")
    assert answer.content == b"<script>meow</script>"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert gallery.get("gallery", "/media/shipped.txt").status_code == 404  # the application's data counts alone


def test_a_second_release_adds_a_directory_and_finds_what_was_uploaded(gallery: Node, tmp_path: Path) -> None:
    tag = gallery.get("gallery", "/static/site.css").headers["etag"]
    assert release(gallery, tmp_path / "gallery.toml", '"my uploads", "more"', "second") == 2
    with gallery.browser("gallery") as client:
        assert client.get("/").text == "title = second"
        assert client.post("/more/dog.txt", content=b"woof").status_code == 200
        assert client.get("/kept/dog.txt").text == "woof"
        assert client.get("/media/cat.html").content == b"<script>meow</script>"
        assert client.get("/static/site.css", headers={"If-None-Match": tag}).status_code == 304
    modes = {path.name: path.stat().st_mode & 0o7777 for path in (gallery.home / "data/gallery").iterdir()}
    assert modes == {"my uploads": 0o700, "more": 0o700}


def test_uploads_survive_a_rollback_and_the_end_of_a_release(gallery: Node) -> None:
    assert gallery.json("rollback", "gallery")["number"] == 1
    assert gallery.get("gallery", "/media/cat.html").content == b"<script>meow</script>"
    gallery.json("retire", "gallery", "2")
    assert gallery.get("gallery", "/media/cat.html").content == b"<script>meow</script>"
    assert [path.name for path in (gallery.home / "front/static/gallery").iterdir()] == ["1"]
    assert (gallery.home / "data/gallery/more/dog.txt").read_bytes() == b"woof"


def test_what_the_application_wrote_stays_when_it_is_deleted(gallery: Node) -> None:
    gallery.lampas("app", "delete", "gallery", "--confirm", "gallery")
    assert gallery.get("gallery").status_code == 404
    assert not (gallery.home / "front/static/gallery").exists()
    assert (gallery.home / "data/gallery/my uploads/cat.html").read_bytes() == b"<script>meow</script>"
