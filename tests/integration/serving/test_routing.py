"""The front and units as rendered, served by real Apaches: who gets which release, and what is let through."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from engines.apache import SECRET, Home
from lampas.core.cluster.live import AppLive
from lampas.core.serving import maps

ECHO = """
import json, os
def application(environ, start_response):
    kept = {k: v for k, v in environ.items() if isinstance(v, str)}
    body = json.dumps({**kept, "url_scheme": environ["wsgi.url_scheme"], "cwd": os.getcwd(),
                       "release": os.environ["LAMPAS_RELEASE"], "input": environ["wsgi.input"].read().decode()})
    start_response("200 OK", [("Content-Type", "application/json"), ("Lampas-Release", "forged/9")])
    return [body.encode()]
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """A front, and the application shop with releases 1 and 2 running."""
    made = Home()
    try:
        made.start_front()
        for number in (1, 2):
            made.unit("shop", number, made.first_port + number, {"echo.py": ECHO}, entry="echo", processes=1)
        yield made
    finally:
        made.close()


def shop(home: Home, traffic: dict[int, int], numbers: tuple[int, ...] = (1, 2)) -> AppLive:
    return AppLive("shop", ("shop.example.com",), traffic, {n: home.first_port + n for n in numbers})


def seen(home: Home, host: str = "shop.localhost", path: str = "/", **headers: str) -> dict[str, str]:
    """What the application saw of a request."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = home.get(host, path, names)
    assert answer.status == 200, answer
    found: dict[str, str] = json.loads(answer.text)
    return found


@pytest.mark.parametrize(
    "host", ["shop.localhost", "SHOP.LocalHost", "shop.localhost:8080", "shop.localhost.", "shop.example.com:80"]
)
def test_a_host_is_found_in_any_case_and_with_any_port(home: Home, host: str) -> None:
    home.swap([shop(home, {1: 100})])
    assert seen(home, host)["release"] == "1"


@pytest.mark.parametrize(
    "host", ["other.localhost", "localhost", "shop.localhost.evil", "[::1]:80", "shop-v0.localhost"]
)
def test_a_host_that_nobody_has_gets_a_page_that_helps(home: Home, host: str) -> None:
    home.swap([shop(home, {1: 100})])
    answer = home.get(host)
    assert answer.status == 404
    assert "lampas app list" in answer.text


@pytest.mark.parametrize("host", ["", "shop.localhost x", "a|b", "${x}", "shop.localhost/x", "../x", "é"])
def test_a_host_that_is_none_reaches_no_application(home: Home, host: str) -> None:
    home.swap([shop(home, {1: 100})])
    assert home.get(host).status in (400, 404)


def test_the_health_path_answers_where_no_application_does(home: Home) -> None:
    assert home.get("localhost", "/.lampas/health").status == 204
    home.swap([shop(home, {1: 100})])
    assert seen(home, path="/.lampas/health")["PATH_INFO"] == "/.lampas/health"


def test_an_application_with_nothing_live_says_so(home: Home) -> None:
    home.swap([shop(home, {})])
    answer = home.get("shop.localhost")
    assert answer.status == 503
    assert "lampas deploy" in answer.text


def test_a_unit_that_is_down_gives_503_and_comes_back_at_once(home: Home) -> None:
    home.swap([AppLive("shop", (), {3: 100}, {3: home.first_port + 3})])
    assert home.get("shop.localhost").status == 503
    home.swap([shop(home, {1: 100})])
    assert home.get("shop.localhost").status == 200


def test_each_running_version_has_its_own_host(home: Home) -> None:
    home.swap([shop(home, {1: 100})])
    assert seen(home, "shop-v1.localhost")["release"] == "1"
    assert seen(home, "Shop-V2.localhost:99")["release"] == "2"
    assert home.get("shop-v3.localhost").status == 404
    assert home.get("none-v1.localhost").status == 404


def test_the_header_names_a_release_for_requests_from_this_machine(home: Home) -> None:
    home.swap([shop(home, {1: 100})])
    assert seen(home, Lampas_Release="2")["release"] == "2"
    assert home.get("shop.localhost", headers={"Lampas-Release": "7"}).status == 404
    assert seen(home, Lampas_Release="2 or so")["release"] == "1"


@pytest.mark.parametrize("value", ["|shop@1@1@a", ".localhost", "}", "${routes:host/shop.localhost}", "%{ENV:X}", "é"])
def test_the_header_can_be_anything_and_leads_to_nobody_else(home: Home, value: str) -> None:
    home.swap([shop(home, {1: 100}), AppLive("other", (), {2: 100}, {2: home.first_port + 2})])
    assert seen(home, Lampas_Release=value)["release"] == "1"
    assert home.get("shop", headers={"Lampas-Release": value}).status == 404


def test_every_response_names_its_release_whatever_the_application_says(home: Home) -> None:
    home.swap([shop(home, {2: 100})])
    assert home.get("shop.localhost").headers["lampas-release"] == "shop/2"


def test_a_visitor_stays_with_a_release_while_traffic_is_split(home: Home) -> None:
    home.swap([shop(home, {1: 50, 2: 50})])
    first = home.get("shop.localhost")
    cookie = first.headers["set-cookie"].split(";")[0]
    assert "shop" not in cookie
    for _ in range(10):
        again = home.get("shop.localhost", headers={"Cookie": f"a=b; {cookie}; c=d"})
        assert again.headers["lampas-release"] == first.headers["lampas-release"]
        assert "set-cookie" not in again.headers


def test_no_cookie_is_set_and_none_counts_while_one_release_has_it_all(home: Home) -> None:
    home.swap([shop(home, {2: 100})])
    answer = home.get("shop.localhost", headers={"Cookie": "lampas_visitor=999"})
    assert answer.headers["lampas-release"] == "shop/2"
    assert "set-cookie" not in answer.headers


def test_a_growing_share_moves_visitors_forward_alone(home: Home) -> None:
    places: dict[str, list[str]] = {f"{bucket:03}": [] for bucket in range(0, 1000, 25)}
    for percent in (10, 30, 50, 90):
        home.swap([shop(home, {1: 100 - percent, 2: percent})])
        for bucket, releases in places.items():
            answer = home.get("shop.localhost", headers={"Cookie": f"lampas_visitor={bucket}"})
            releases.append(answer.headers["lampas-release"])
        assert sum(releases[-1] == "shop/2" for releases in places.values()) == percent * len(places) // 100
    assert all(releases == sorted(releases) for releases in places.values())


def test_new_visitors_are_shared_out(home: Home) -> None:
    home.swap([shop(home, {1: 50, 2: 50})])
    releases = [home.get("shop.localhost").headers["lampas-release"] for _ in range(200)]
    assert 50 < releases.count("shop/2") < 150


@pytest.mark.parametrize(
    "cookie", ["lampas_visitor=", "lampas_visitor=1", "lampas_visitor=1000", "xlampas_visitor=001"]
)
def test_a_broken_cookie_is_replaced(home: Home, cookie: str) -> None:
    home.swap([shop(home, {1: 50, 2: 50})])
    assert "set-cookie" in home.get("shop.localhost", headers={"Cookie": cookie}).headers


@pytest.mark.parametrize(
    "path",
    [
        "/a%2Fb",
        "/a%3Fb?q=1",
        "/a%20b?x=%20y&z=a?b",
        "//x//y",
        "/a;b=c",
        "/?%3f",
        "/a/%2e%2e/b",
        "/%25?$1%1",
        "/a?u=http://h:1/",
    ],
)
def test_a_url_reaches_the_application_byte_for_byte(home: Home, path: str) -> None:
    home.swap([shop(home, {1: 100})])
    assert seen(home, path=path)["REQUEST_URI"] == path


def test_a_url_in_absolute_form_is_served(home: Home) -> None:
    home.swap([shop(home, {1: 100})])
    for target, wanted in (("http://shop.localhost/x?y=1", b'"REQUEST_URI": "/x?y=1"'), ("http://shop.localhost", b"")):
        with socket.create_connection(("127.0.0.1", home.port)) as client:
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 " if wanted else b"HTTP/1.1 ")
        assert wanted in answer


def test_internal_headers_from_outside_never_arrive(home: Home) -> None:
    home.swap([shop(home, {1: 100})])
    forged = {
        "Lampas-Front": "x", "Lampas-App": "x", "Lampas-Ready": "1", "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Host": "evil", "X-Forwarded-Proto": "https", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6",
        "X-Forwarded-Prefix": "/evil", "Lampas-Preview": "x", "Proxy": "evil", "X_Forwarded_For": "6.6.6.6",
    }  # fmt: skip
    answer = home.get("shop.localhost", headers=forged)
    assert answer.status == 200
    assert "lampas-process" not in answer.headers
    environ = json.loads(answer.text)
    assert not [name for name in environ if name.startswith("HTTP_LAMPAS") or name == "HTTP_FORWARDED"]
    assert "evil" not in answer.text
    assert "6.6.6.6" not in answer.text
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["url_scheme"] == "http"
    assert environ["HTTP_HOST"] == "shop.localhost"


def test_connection_cannot_be_used_to_drop_what_the_front_sets(home: Home) -> None:
    home.swap([shop(home, {1: 100})])
    environ = seen(home, Connection="keep-alive, Lampas-Front, X-Forwarded-For")
    assert environ["REMOTE_ADDR"] == "127.0.0.1"


def test_a_unit_refuses_who_does_not_come_through_the_front(home: Home) -> None:
    port = home.first_port + 1
    assert home.get("shop.localhost", port=port).status == 403
    assert home.get("shop.localhost", port=port, headers={"Lampas-Front": maps.key(SECRET, "other")}).status == 403
    answer = home.get("shop.localhost", port=port, headers={"Lampas-Front": maps.key(SECRET, "shop")})
    assert answer.status == 200
    assert "HTTP_LAMPAS_FRONT" not in answer.text


def test_readiness_is_answered_with_the_pid_without_entering_the_application(home: Home) -> None:
    headers = {"Lampas-Front": maps.key(SECRET, "shop"), "Lampas-Ready": "1"}
    answer = home.get("shop.localhost", port=home.first_port + 1, headers=headers)
    assert answer.status == 204
    assert int(answer.headers["lampas-process"]) > 1
    assert answer.headers["lampas-release"] == "shop/1"


def test_a_body_of_unknown_length_arrives_whole(home: Home) -> None:
    home.swap([shop(home, {1: 100})])
    with socket.create_connection(("127.0.0.1", home.port)) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n"
        )
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert b'"input": "hello there"' in answer


def test_the_application_runs_at_the_root_of_its_code(home: Home) -> None:
    home.swap([shop(home, {1: 100})])
    assert seen(home)["cwd"] == f"{home.path}/agent/apps/shop/releases/1/code"


def test_static_directories_are_served_by_apache_and_a_canonical_host_is_given(home: Home) -> None:
    port = home.first_port + 4
    files = {"src/echo.py": ECHO, "var/static/x.css": "body {}", "var/secret": "s"}
    more = {"entry": "echo:application", "root": "src", "processes": 1, "static": {"/static/": "var/static"}}
    home.unit("site", 1, port, files, canonical_host="www.example.com", **more)
    home.swap([AppLive("site", (), {1: 100}, {1: port})])
    css = home.get("site.localhost", "/static/x.css")
    assert (css.status, css.text, css.headers["content-type"]) == (200, "body {}", "text/css; charset=utf-8")
    assert css.headers["lampas-release"] == "site/1"
    assert home.get("site.localhost", "/static/../secret").status in (400, 404, 200)
    assert home.get("site.localhost", "/static/%2e%2e/secret").text != "s"
    assert home.get("site.localhost", "/static/x.css", port=port).status == 403
    environ = seen(home, "site-v1.localhost")
    assert environ["HTTP_HOST"] == environ["SERVER_NAME"] == "www.example.com"
