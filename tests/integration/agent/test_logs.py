"""Logs as people follow them: across restarts, releases and rotation; bounded whatever an application writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.interface import ROOT, Code, Interface, interface
from engines.waiting import until
from lampas.core.cluster.live import AppLive
from lampas.errors import Failed

CHATTY = """
import os, sys, threading
def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/flood":
        for number in range(6000):
            print(number, "x" * 1000)
    elif path.startswith("/some/"):
        for number in range(900):
            print(int(path[6:]) * 900 + number, "x" * 1000)
    elif path == "/bytes":
        os.write(2, b"raw \\xff\\x1b[31m bytes\\n")
    elif path == "/long":
        os.write(2, b"y" * 3_000_000 + b"\\n")
    elif path == "/raise":
        raise RuntimeError("on purpose")
    else:
        print("asked for", path)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""
SMALL = {"log_size": 1 << 20, "log_files": 3}


@pytest.fixture(scope="module", params=["users", "none"] if ROOT else ["none"])
def node(request: pytest.FixtureRequest) -> Iterator[Interface]:
    """A node of each kind of isolation, whose logs may take little."""
    with interface(plain=request.param == "none", settings=SMALL) as made:
        yield made


@pytest.fixture
def app(node: Interface) -> str:
    """An application with releases 1 and 2; 1 runs and has the traffic."""
    name = node.app("shop")
    run(node, name, 1)
    return name


def run(node: Interface, app: str, *numbers: int) -> None:
    """Runs some releases; the last one has the traffic."""
    releases = [node.release(app, number, Code({"app.py": CHATTY}))[1] for number in numbers]
    slots = {number: node.first_port + index for index, number in enumerate(numbers)}
    ended = node.apply(node.state([AppLive(app, (), {numbers[-1]: 100}, slots)], releases))[-1]
    assert ended["outcome"] == "applied", ended


def rows(node: Interface, app: str, **query: Any) -> dict[str, Any]:
    """What the agent answers."""
    return node.console.logs({"app": app, **{key: str(value) for key, value in query.items()}})


def ask(node: Interface, app: str, path: str) -> None:
    """One request."""
    assert node.get(f"{app}.localhost", path)[0] in (200, 500)


def texts(answer: dict[str, Any]) -> list[str]:
    return [row["text"] for row in answer["rows"]]


def test_the_last_lines_say_when_and_of_which_release(node: Interface, app: str) -> None:
    for number in range(5):
        ask(node, app, f"/{number}")
    until(lambda: "asked for /4" in texts(rows(node, app)))
    found = rows(node, app, lines=3)["rows"]
    assert [row["text"] for row in found] == ["asked for /2", "asked for /3", "asked for /4"]
    assert {(row["release"], row["source"]) for row in found} == {(1, "app")}
    assert all(row["time"] > 1e9 for row in found)
    assert texts(rows(node, app, lines=100, since=found[-1]["time"] + 100)) == []


def test_a_follower_gets_each_line_once_across_releases_and_restarts(node: Interface, app: str) -> None:
    cursor = rows(node, app, lines=0)["cursor"]
    seen: list[str] = []

    def asked(path: str) -> None:
        nonlocal cursor
        ask(node, app, path)
        while f"asked for {path}" not in seen:
            answer = rows(node, app, cursor=cursor, wait=20)
            cursor = answer["cursor"]
            seen.extend(text for text in texts(answer) if text.startswith("asked"))

    asked("/one")
    run(node, app, 1, 2)
    asked("/two")
    run(node, app, 2)
    asked("/three")
    assert seen == ["asked for /one", "asked for /two", "asked for /three"]
    assert texts(rows(node, app, release=1))[-1] != "asked for /two"  # and what has stopped can still be read
    assert "asked for /one" in texts(rows(node, app, release=1))


def test_a_traceback_stands_together_and_apart_from_apaches_own_lines(node: Interface, app: str) -> None:
    ask(node, app, "/raise")
    until(lambda: "RuntimeError: on purpose" in texts(rows(node, app)))
    found = rows(node, app)["rows"]
    begin = next(index for index, row in enumerate(found) if row["text"].startswith("Traceback"))
    assert {row["source"] for row in found[begin : begin + 3]} == {"app"}
    assert any(row["source"] == "apache" for row in found)


def test_bytes_that_are_no_text_and_long_lines_are_told(node: Interface, app: str) -> None:
    ask(node, app, "/bytes")
    until(lambda: "raw \ufffd\x1b[31m bytes" in texts(rows(node, app)))
    cursor = rows(node, app, lines=0)["cursor"]
    ask(node, app, "/long")
    answer = rows(node, app, cursor=cursor, wait=20)
    assert all(len(text) < 20_000 for text in texts(answer))
    assert answer["rows"]


def test_a_follower_loses_nothing_while_logs_are_turned(node: Interface, app: str) -> None:
    cursor = rows(node, app, lines=0)["cursor"]
    copies: set[int] = set()
    numbers: list[int] = []
    for turn in range(4):
        ask(node, app, f"/some/{turn}")
        deadline = time.monotonic() + 30
        while len(numbers) < (turn + 1) * 900:
            assert time.monotonic() < deadline
            answer = rows(node, app, cursor=cursor, wait=5)
            cursor = answer["cursor"]
            numbers += [int(text.split()[0]) for text in texts(answer) if text.endswith("xxx")]
        until(lambda: size(node, app) <= 1 << 20)
        copies |= {path.stat().st_ino for path in (node.home / "logs/apps" / app).glob("v1.log.*")}
    assert numbers == list(range(3600))
    assert copies


def test_an_applications_chatter_is_bounded(node: Interface, app: str) -> None:
    directory = node.home / "logs/apps" / app
    for _ in range(4):
        ask(node, app, "/flood")
        until(lambda: size(node, app) <= 1 << 20)
    assert (directory / "v1.log.3").exists()
    assert not (directory / "v1.log.4").exists()
    assert taken(directory) < 9 << 20  # of 24 MiB: each may go over by what one look and one copy take
    ask(node, app, "/after")
    until(lambda: "asked for /after" in texts(rows(node, app, lines=5)))
    assert len(rows(node, app, lines=2000)["rows"]) == 2000  # going back into the copies


def test_requests_are_told_by_application(node: Interface, app: str) -> None:
    other = node.app("blog")
    cursor = rows(node, app, lines=0, access=1)["cursor"]
    ask(node, app, "/of-shop?a=b")
    found = rows(node, app, cursor=cursor, access=1, wait=20)["rows"]
    assert [(row["source"], row["release"]) for row in found] == [("access", 1)]
    assert '"GET /of-shop?a=b HTTP/1.1" 200' in found[0]["text"]
    assert rows(node, other, access=1)["rows"] == []


def test_the_fronts_logs_are_bounded_while_it_serves(node: Interface, app: str) -> None:
    log = node.home / "logs/front-access.log"
    with log.open("ab") as file:
        file.write(b"z" * (2 << 20) + b"\n")
    before = log.stat().st_ino
    until(lambda: log.stat().st_size < 1 << 20)
    ask(node, app, "/afterwards")
    until(lambda: "afterwards" in log.read_text())
    assert log.stat().st_ino == before
    assert log.with_name("front-access.log.1").stat().st_blocks * 512 < 2 << 20


@pytest.mark.skipif(not ROOT, reason="takes another user")
def test_links_in_place_of_logs_are_not_followed(node: Interface, app: str) -> None:
    directory = node.home / "logs/apps" / app
    target = node.home / "logs" / "precious"
    target.write_bytes(b"p" * (2 << 20))
    (directory / "v7.log").symlink_to(target)
    ask(node, app, "/x")
    until(lambda: "asked for /x" in texts(rows(node, app)))
    assert rows(node, app, release=7)["rows"] == []
    assert target.stat().st_size == 2 << 20
    target.unlink()


@pytest.mark.parametrize("cursor", ["x", "e30", "WzFd", "eyJ2MS5sb2ciOiBbMV19", "eyJ2MS5sb2ciOiBbMSwgLTEsIDBdfQ=="])
def test_a_cursor_that_nobody_gave_is_refused(node: Interface, app: str, cursor: str) -> None:
    with pytest.raises(Failed):
        rows(node, app, cursor=cursor)


def taken(directory: Path) -> int:
    """Bytes that all files in a directory take on the disk."""
    return sum(path.lstat().st_blocks * 512 for path in directory.iterdir())


def size(node: Interface, app: str) -> int:
    """Bytes of release 1's log."""
    return (node.home / "logs/apps" / app / "v1.log").stat().st_size
