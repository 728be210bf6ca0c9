"""Living with an application on a whole node: its logs, its disk, its old releases, its end and what stays."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.node import Node, eventually

APP = """\
import os, pathlib
VERSION = {version}
def application(environ, start_response):
    print("asked for", environ["PATH_INFO"], "of", VERSION)
    pathlib.Path("uploads/mark").write_text("kept")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(VERSION).encode()]
"""


@pytest.fixture(scope="module")
def shop(node: Node) -> Node:
    """A node with an application `diary` that keeps data, in three releases; the third is live."""
    code = node.directory / "diary"
    code.mkdir()
    node.json("repo", "create", "diary")
    for version in (1, 2, 3):
        release(node, code, version)
    return node


def release(node: Node, code: Path, version: int) -> None:
    """Imports, builds and deploys a version."""
    (code / "diary.py").write_text(APP.format(version=version))
    node.json("import", str(code), "--repo", "diary")
    if version == 1:
        node.json("app", "create", "diary", "--repo", "diary", "--entry", "diary:application", "--persist", "uploads")
    node.json("release", "build", "diary")
    node.json("deploy", "diary", str(version))
    assert node.get("diary").text == str(version)


@pytest.fixture
def follower(shop: Node) -> Iterator[subprocess.Popen[str]]:
    """`lampas logs diary -f --json` as a program that runs."""
    argv = [sys.executable, "-P", "-m", "lampas.cli", "--json", "logs", "diary", "-f", "--lines", "0"]
    running = subprocess.Popen(argv, env=shop.environment(), cwd="/", stdout=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.communicate()


def test_logs_are_read_followed_and_told_by_release(shop: Node, follower: subprocess.Popen[str]) -> None:
    shown = shop.lampas("logs", "diary", "--release", "1", "--lines", "5").stdout
    assert "v1" in shown
    assert "asked for / of 1" in shown
    assert "of 3" not in shown
    rows = shop.json("logs", "diary", "--since", "1h")["rows"]
    assert [row["release"] for row in rows if row["text"].startswith("asked")][-1] == 3
    assert shop.json("logs", "diary", "--access", "--lines", "1")["rows"][0]["source"] == "access"
    assert follower.stdout is not None
    eventually(lambda: shop.get("diary", "/seen").status_code == 200)
    row = json.loads(follower.stdout.readline())
    assert (row["text"], row["release"], row["source"]) == ("asked for /seen of 3", 3, "app")


def test_the_disk_is_told_by_application(shop: Node) -> None:
    found = shop.json("disk")
    row = next(row for row in found["apps"] if row["app"] == "diary")
    assert row["code"] > 0
    assert row["logs"] > 0
    assert row["content"] > 0
    assert row["directories"]["uploads"] > 0
    assert shop.json("disk", "diary")["data"] == row["data"]
    assert found["nodes"][0]["free"] > 0
    assert found["content"] >= row["content"]
    assert "diary" in shop.lampas("disk").stdout
    assert "uploads" in shop.lampas("disk", "diary").stdout


def test_pruning_leaves_what_a_rollback_needs(shop: Node) -> None:
    assert shop.json("release", "prune", "diary", "--keep", "1", "--dry-run")["pruned"] == []
    shop.json("rollback", "diary")
    assert shop.get("diary").text == "2"
    shop.json("retire", "diary", "3")
    shop.json("retire", "diary", "1")
    plan = shop.json("release", "prune", "diary", "--keep", "1", "--dry-run")
    done = shop.json("release", "prune", "diary", "--keep", "1")
    assert done["pruned"] == plan["pruned"]
    assert (done["content"], done["bytes"]) == (plan["content"], plan["bytes"])
    assert 2 not in done["pruned"]
    assert shop.get("diary").text == "2"


def test_a_deleted_application_says_what_stays_and_nobody_comes_upon_it_unasked(shop: Node) -> None:
    assert shop.lampas("app", "delete", "diary", "--yes", "blog", status=1)
    said = shop.lampas("app", "delete", "diary", "--yes", "diary").stdout
    assert "its code stays in the repository diary" in said
    assert "lampas data drop diary" in said
    assert shop.json("disk", "diary")["kept"]
    shop.json("app", "create", "diary", "--repo", "diary", "--entry", "diary:application", "--persist", "uploads")
    refused = shop.json("release", "build", "diary", status=1)["error"]
    assert refused["code"] == "conflict"
    assert "lampas data adopt diary" in refused["remedy"]
    shop.json("data", "adopt", "diary")
    number = shop.json("release", "build", "diary")["number"]
    shop.json("deploy", "diary", str(number))
    assert shop.lampas("run", "diary", str(number), "--", "cat", "uploads/mark").stdout == "kept"


def test_data_that_was_left_is_ended_by_its_name(shop: Node) -> None:
    assert shop.json("data", "drop", "diary", "--yes", "diary", status=1)["error"]["code"] == "not-found"
    shop.json("app", "delete", "diary", "--yes", "diary")
    assert shop.json("data", "drop", "diary", "--yes", "no", status=1)["error"]["code"] == "invalid-input"
    assert shop.json("data", "drop", "diary", "--yes", "diary")["bytes"] > 0
    assert not (shop.home / "data/diary").exists()
    assert shop.json("disk", "diary")["data"] == 0
    shop.json("app", "create", "diary", "--repo", "diary", "--entry", "diary:application", "--persist", "uploads")
    number = shop.json("release", "build", "diary")["number"]
    shop.json("deploy", "diary", str(number))
    assert shop.get("diary").status_code == 200


def test_how_much_is_kept_of_logs_is_a_setting_of_the_node(shop: Node) -> None:
    shop.up("--no-sample", "--log-size", "20", "--log-files", "2")
    told = json.loads((shop.home / "secrets/agent/agent.json").read_text())
    assert (told["log_size"], told["log_files"], told["log_days"]) == (20 << 20, 2, 30)
    shop.up("--no-sample")
    assert json.loads((shop.home / "secrets/agent/agent.json").read_text())["log_files"] == 2
