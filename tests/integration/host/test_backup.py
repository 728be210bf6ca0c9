"""A node backed up while it runs, lost, and restored on another home."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from engines.node import Node

PASSPHRASE = {"LAMPAS_PASSPHRASE": "correct horse battery"}


def _data(node: Node, app: str) -> Path:
    """An application's data directory, as the root helper makes it."""
    helper = node.home / "software" / "current" / "lampas" / "roothelper" / "helper.py"
    request = json.dumps({"verb": "app-ensure", "app": app, "persist": []}).encode() + b"\n"
    answer = subprocess.run(["/usr/bin/python3", "-I", "-S", helper], input=request, capture_output=True, check=True)
    assert json.loads(answer.stdout)["ok"], answer.stdout
    return node.home / "data" / app


@pytest.fixture
def backed_up(tmp_path: Path) -> tuple[Path, Path]:
    """A backup of a node that is gone since, and a directory for the test."""
    node = Node()
    try:
        node.up("--no-sample")
        node.lampas("user", "add", "survivor")
        data = _data(node, "diary")
        with sqlite3.connect(data / "posts.sqlite") as posts:
            posts.execute("CREATE TABLE posts (body TEXT)")
            posts.execute("INSERT INTO posts VALUES ('dear diary')")
        posts.close()
        (data / "posts.sqlite").chmod(0o600)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "lampas-diary:lampas-diary", data], check=True)
        before = node.pids()
        made = json.loads(node.lampas("backup", str(tmp_path / "b"), "--json", env=PASSPHRASE).stdout)
        assert made["file"] == str(tmp_path / "b")
        assert made["applications"] == ["diary"]
        assert node.pids() == before
        assert "passphrase" in node.lampas("backup", str(tmp_path / "c"), status=1).stderr
        assert "exists" in node.lampas("backup", str(tmp_path / "b"), status=1, env=PASSPHRASE).stderr
    finally:
        node.remove()
    return tmp_path / "b", tmp_path


def test_a_restored_node_has_everything_and_a_bad_file_or_passphrase_makes_nothing(
    backed_up: tuple[Path, Path],
) -> None:
    file, scratch = backed_up
    node = Node()
    ports = ["--port", str(node.port), "--console-port", str(node.console_port), "--json"]
    try:
        (scratch / "cut").write_bytes(file.read_bytes()[:-200])
        refused = node.lampas("restore", str(scratch / "cut"), *ports, status=1, env=PASSPHRASE)
        assert json.loads(refused.stdout)["error"]["code"] == "invalid-input"
        wrong = node.lampas("restore", str(file), *ports, status=1, env={"LAMPAS_PASSPHRASE": "no idea at all"})
        assert json.loads(wrong.stdout)["error"]["code"] == "denied"
        assert not node.home.exists()

        restored = json.loads(node.lampas("restore", str(file), *ports, env=PASSPHRASE).stdout)
        assert all(one["ok"] for one in restored["tried"])
        assert "survivor" in node.lampas("user", "list").stdout
        assert node.json("audit", "verify")["ok"] is True
        posts = node.home / "data" / "diary" / "posts.sqlite"
        assert posts.owner() == ("lampas-diary" if os.geteuid() == 0 else Path.home().owner())
        with sqlite3.connect(posts) as connection:
            assert connection.execute("SELECT body FROM posts").fetchall() == [("dear diary",)]
        connection.close()

        again = node.lampas("restore", str(file), *ports, status=1, env=PASSPHRASE)
        assert json.loads(again.stdout)["error"]["code"] == "conflict"
    finally:
        node.remove()
