"""Static files: the front serves what a release brings, the unit what the application keeps."""

from __future__ import annotations

import contextlib
import grp
import http.client
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from engines.interface import ROOT, Code, Interface
from lampas.core.cluster.live import AppLive
from lampas.core.desired.node import RunningRelease
from lampas.core.nodestate import NodeState
from lampas.core.nodestate.statics import of_front

APP = """
import os, pathlib
def application(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        path = pathlib.Path(environ["LAMPAS_DATA"] if "LAMPAS_DATA" in environ else os.environ["LAMPAS_DATA"])
        (path / environ["PATH_INFO"].lstrip("/")).write_bytes(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "session=1")])
    return [b"the application: " + environ["PATH_INFO"].encode("latin-1")]
"""
FILES = {
    "app.py": APP,
    "var/static/x.css": "body {}\n",
    "var/static/x.css.gz": "gzip of x",
    "var/static/x.css.br": "brotli of x",
    "var/static/only.txt.gz": "no sibling",
    "var/static/app.3f9c2b1a04d5.css": "hashed",
    "var/static/report-20240101.css": "a date",
    "var/static/deep/er/page.html": "<p>",
    "var/static/Ünï cödé & co.txt": "umlauts",
    "var/static/what?.txt": "asked",
    "var/static/100%25.txt": "percent",
    "var/secret.txt": "secret",
    "other/y.js": "let y\n",
}
STATIC = {"/static": "var/static", "/static/other": "other", "/media": "media"}


@dataclass
class Answer:
    """A response as bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Site:
    """An application with static files, in two releases."""

    def __init__(self, node: Interface) -> None:
        self.node, self.name = node, node.app("site")
        self.releases: dict[int, RunningRelease] = {}
        self.compressed = frozenset({1, 2})
        for number, css in ((1, "body {}\n"), (2, "body {color: red}\n")):
            files = {**FILES, "var/static/x.css": css, f"var/static/only{number}.txt": str(number)}
            self.releases[number] = node.release(self.name, number, self.code(files))[1]

    def code(self, files: Mapping[str, str]) -> Code:
        return Code(files, persist=("media",), static=STATIC)

    def state(self, traffic: dict[int, int], *numbers: int) -> NodeState:
        slots = {number: self.node.first_port + number for number in numbers or self.releases}
        static = {
            number: tuple(each.prefix for each in of_front(release.static, release.persist))
            for number, release in self.releases.items()
            if number in slots
        }
        live = AppLive(self.name, (), traffic, slots, static, self.compressed & set(slots))
        return self.node.state([live], [self.releases[number] for number in slots])

    def live(self, traffic: dict[int, int], *numbers: int) -> None:
        assert self.node.apply(self.state(traffic, *numbers))[-1]["outcome"] in ("applied", "unchanged")

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        host = headers.pop("host", f"{self.name}.localhost")
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.node.front_port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Host": host, **names})
            answer = connection.getresponse()
            names = {name.lower(): ", ".join(answer.headers.get_all(name, [])) for name in answer.headers}
            return Answer(answer.status, names, answer.read())

    @property
    def place(self) -> Path:
        return self.node.home / "front/static" / self.name


@pytest.fixture(scope="module")
def site(node: Interface) -> Site:
    return Site(node)


@pytest.fixture(autouse=True)
def _live(site: Site, _clean: None) -> Iterator[None]:
    site.live({1: 100}, 1)
    yield


def test_a_static_file_is_served_by_the_front_with_all_its_headers(site: Site) -> None:
    answer = site.get("/static/x.css?v=1")
    assert (answer.status, answer.body) == (200, b"body {}\n")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["lampas-release"] == f"{site.name}/1"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"].startswith('"')
    assert not {"set-cookie", "last-modified", "content-encoding"} & answer.headers.keys()
    assert site.get("/static/other/y.js").body == b"let y\n"
    assert site.get("/static/deep/er/page.html").body == b"<p>"


def test_what_is_not_static_reaches_the_application(site: Site) -> None:
    for path in ("/", "/static", "/staticx/x.css", "/x/static/x.css", "/STATIC/x.css", "/a=@/static/x.css"):
        answer = site.get(path)
        assert answer.body.startswith(b"the application: "), path
        assert "set-cookie" in answer.headers


def test_the_front_serves_although_the_unit_cannot(site: Site) -> None:
    for pid in site.node.pids():
        os.kill(pid, 19)
    try:
        assert site.get("/static/x.css").body == b"body {}\n"
        assert site.get("/static/x.css", host=f"{site.name}-v1.localhost").body == b"body {}\n"
    finally:
        for pid in site.node.pids():
            os.kill(pid, 18)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/static/%C3%9Cn%C3%AF%20c%C3%B6d%C3%A9%20%26%20co.txt", b"umlauts"),
        ("/static/what%3F.txt", b"asked"),
        ("/static/100%2525.txt", b"percent"),
        ("/static/%78.css", b"body {}\n"),
        ("/%73tatic/x.css", b"body {}\n"),
        ("/static/deep/../x.css", b"body {}\n"),
        ("/static/deep/%2e%2e/x.css", b"body {}\n"),
        ("/static/./x.css", b"body {}\n"),
    ],
)
def test_a_path_is_taken_byte_for_byte(site: Site, path: str, body: bytes) -> None:
    answer = site.get(path)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/deep",
        "/static/deep/",
        "/static/none.css",
        "/static/x.css/",
        "/static/x.css/more",
        "/static//x.css",
        "/static/deep//er/page.html",
        "/static/deep%2Fer%2Fpage.html",
        "/static/..%2Fsecret.txt",
        "/static/%2e%2e%2fsecret.txt",
        "/static/manifest",
        "/static/other/x.css",
        "/static/%00",
        "/static/" + "a" * 300,
    ],
)
def test_what_is_no_file_is_not_found_and_not_asked_of_the_application(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.status in (403, 404), answer
    assert b"No such file" in answer.body or answer.status == 403 or "%" in path
    assert answer.headers.get("lampas-release", "") == f"{site.name}/1" or path.endswith("%00")
    assert "cache-control" not in answer.headers


def test_nothing_outside_of_the_static_directories_can_be_named(site: Site) -> None:
    for path in ("/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/../../manifest", "/plain/static/x.css"):
        assert site.get(path).body.startswith((b"the application", b"<!DOCTYPE")), path


def test_a_name_that_holds_a_hash_is_kept_for_ever_and_a_date_is_none(site: Site) -> None:
    forever = "public, max-age=31536000, immutable"
    assert site.get("/static/app.3f9c2b1a04d5.css").headers["cache-control"] == forever
    assert site.get("/static/report-20240101.css").headers["cache-control"] == "no-cache"
    assert "cache-control" not in site.get("/static/none.3f9c2b1a04d5.css").headers


def test_a_file_that_stands_compressed_beside_its_own_is_sent_to_who_takes_it(site: Site) -> None:
    def sent(accepted: str) -> tuple[str, bytes, str]:
        answer = site.get("/static/x.css", Accept_Encoding=accepted)
        assert answer.headers["content-type"].startswith("text/css")
        assert answer.headers["vary"] == "Accept-Encoding"
        return answer.headers.get("content-encoding", ""), answer.body, answer.headers["etag"]

    plain, gzip, brotli = sent("identity"), sent("gzip, deflate"), sent("gzip;q=1.0, br")
    assert [each[:2] for each in (plain, gzip, brotli)] == [
        ("", b"body {}\n"), ("gzip", b"gzip of x"), ("br", b"brotli of x")
    ]  # fmt: skip
    assert len({plain[2], gzip[2], brotli[2]}) == 3
    assert sent("br;q=0, gzip;q=0")[0] == ""
    assert sent("br; q=0.000, GZIP")[0] == "gzip"
    assert sent("brx, xgzip")[0] == ""
    assert "content-encoding" not in site.get("/static/only.txt.gz", Accept_Encoding="gzip").headers
    assert site.get("/static/only.txt.gz").headers["content-type"] == "application/gzip"


def test_a_release_without_compressed_files_serves_plain_ones_to_all(site: Site) -> None:
    site.compressed = frozenset()
    site.live({1: 100}, 1)
    for accepted in ("identity", "gzip, br"):
        answer = site.get("/static/x.css", Accept_Encoding=accepted)
        assert (answer.body, answer.headers["vary"]) == (b"body {}\n", "Accept-Encoding")
        assert "content-encoding" not in answer.headers
        assert site.get("/static/deep/er", Accept_Encoding=accepted).status == 404
    site.compressed = frozenset({1, 2})


def test_head_ranges_and_other_methods(site: Site) -> None:
    head = site.get("/static/x.css", "HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, "8", b"")
    part = site.get("/static/x.css", Range="bytes=2-3")
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"dy", "bytes 2-3/8")
    assert site.get("/static/x.css", Range="bytes=99-").status == 416
    assert site.get("/static/x.css", "POST", b"x").status == 405
    assert site.get("/static/x.css", "DELETE").status == 405
    assert site.get("/static/none", "POST", b"x").status == 405


def test_a_validator_holds_across_releases_and_rollbacks_as_long_as_the_content_is_the_same(site: Site) -> None:
    tags = {path: site.get(path).headers["etag"] for path in ("/static/x.css", "/static/other/y.js")}
    site.live({2: 100})
    assert site.get("/static/other/y.js", If_None_Match=tags["/static/other/y.js"]).status == 304
    changed = site.get("/static/x.css", If_None_Match=tags["/static/x.css"])
    assert (changed.status, changed.body) == (200, b"body {color: red}\n")
    site.live({1: 100})
    again = site.get("/static/x.css", If_None_Match=tags["/static/x.css"])
    assert again.status == 304
    assert again.headers["etag"] == tags["/static/x.css"]
    assert again.headers["cache-control"] == "no-cache"
    assert again.headers["lampas-release"] == f"{site.name}/1"
    assert site.get("/static/x.css", If_None_Match=changed.headers["etag"]).status == 200
    # A time tells nothing across releases, so it is not believed.
    assert site.get("/static/x.css", If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT").status == 200


def test_each_road_to_a_release_leads_to_its_own_files(site: Site) -> None:
    site.live({1: 50, 2: 50})
    for number in (1, 2):
        host = f"{site.name}-v{number}.localhost"
        assert site.get(f"/static/only{number}.txt", host=host).body == str(number).encode()
        assert site.get(f"/static/only{3 - number}.txt", host=host).status == 404
        assert site.get(f"/static/only{number}.txt", Lampas_Release=str(number)).body == str(number).encode()
    for bucket, number in (("000", 2), ("999", 1)):
        answer = site.get(f"/static/only{number}.txt", Cookie=f"lampas_visitor={bucket}")
        assert answer.body == str(number).encode()
        assert answer.headers["lampas-release"] == f"{site.name}/{number}"
    assert "set-cookie" not in site.get("/static/x.css").headers
    assert "lampas_visitor" in site.get("/").headers["set-cookie"]


def upload(site: Site, name: str, data: bytes) -> None:
    media = site.node.home / "data" / site.name / "media"
    (media / name).write_bytes(data)
    owner = media.stat()
    os.chown(media / name, owner.st_uid, owner.st_gid)


def test_uploads_are_served_by_the_unit_and_run_nothing(site: Site) -> None:
    upload(site, "c.pdf", b"%PDF")
    for name, data, kind in (
        ("a.html", b"<script>", "text/html"),
        ("b.svg", b"<svg/>", "image/svg+xml"),
        ("d.py", b"print()", "application/octet-stream"),
        ("e.html.zzz", b"<script>", "text/html"),
    ):
        upload(site, name, data)
        answer = site.get(f"/media/{name}")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-security-policy"] == "sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["lampas-release"] == f"{site.name}/1"
    assert "content-security-policy" not in site.get("/media/c.pdf").headers
    assert site.get("/media/d.py").body == b"print()"
    site.live({2: 100}, 2)
    assert site.get("/media/a.html").body == b"<script>"
    assert site.get("/media/").status in (403, 404)


def test_a_link_among_uploads_is_not_followed(site: Site) -> None:
    media = site.node.home / "data" / site.name / "media"
    (media / "out").symlink_to("/etc")
    (media / "file").symlink_to("/etc/passwd")
    assert site.get("/media/file").status in (403, 404)
    assert site.get("/media/out/passwd").status in (403, 404)


def test_only_the_front_may_read_what_it_serves(site: Site) -> None:
    top = site.node.home / "front/static"
    for path in (top, site.place, site.place / "1", site.place / "1/plain/static/deep"):
        found = path.stat()
        assert stat.S_IMODE(found.st_mode) & 0o7 == 0 or not ROOT, path
        if ROOT:
            assert grp.getgrgid(found.st_gid).gr_name == "lampas-front"
    file = (site.place / "1/plain/static/x.css").stat()
    assert stat.S_IMODE(file.st_mode) == 0o444
    assert file.st_nlink >= 3  # the store's, the release's, and this one


def test_static_files_go_with_their_release(site: Site) -> None:
    site.live({2: 100})
    assert sorted(path.name for path in site.place.iterdir()) == ["1", "2"]
    site.live({2: 100}, 2)
    assert [path.name for path in site.place.iterdir()] == ["2"]
    site.node.apply(site.node.state([], []))
    assert not site.place.exists()


def test_static_files_that_somebody_took_away_are_put_back(site: Site) -> None:
    shutil.rmtree(site.place / "1")
    assert site.get("/static/x.css").status == 404
    site.live({1: 100}, 1)
    assert site.get("/static/x.css").status == 200
