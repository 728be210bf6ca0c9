"""An application with a database on a whole node, as people use it; then the node is lost and restored."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.node import Node

PASSPHRASE = {"LAMPAS_PASSPHRASE": "correct horse battery"}
GUESTS = """\
import os
import pymysql

def application(environ, start_response):
    where = {"host": os.environ["DB_HOST"], "port": int(os.environ["DB_PORT"]), "database": os.environ["DB_NAME"]}
    who = {"user": os.environ["DB_USER"], "password": os.environ["DB_PASSWORD"]}
    with pymysql.connect(**where, **who, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS guests (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40))")
        if environ["REQUEST_METHOD"] == "POST":
            cursor.execute("INSERT INTO guests (name) VALUES (%s)", [environ["PATH_INFO"][1:]])
        cursor.execute("SELECT name FROM guests ORDER BY id")
        names = ",".join(row[0] for row in cursor.fetchall())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [names.encode()]
"""
OPTIONS = ("--repo", "guests", "--entry", "guests:application", "--requirements", "requirements.txt")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A node with the application deployed; it has one guest."""
    (tmp_path / "guests.py").write_text(GUESTS)
    (tmp_path / "requirements.txt").write_text("pymysql==1.1.1\n")
    made = Node()
    try:
        made.up("--no-sample")
        made.json("import", str(tmp_path), "--repo", "guests")
        _make(made)
        _sign(made, "ada")
        yield made
    finally:
        made.remove()


def _sign(node: Node, name: str) -> None:
    with node.browser("guests") as browser:
        browser.post(f"/{name}").raise_for_status()


def _make(node: Node) -> None:
    node.json("app", "create", "guests", *OPTIONS, "--database", "own")
    number = node.json("release", "build", "guests")["number"]
    node.json("deploy", "guests", str(number))


def test_a_database_lives_as_its_application_does_and_longer(node: Node, tmp_path: Path) -> None:
    assert node.get("guests").text == "ada"
    (row,) = node.json("db", "list")["databases"]
    assert (row["application"], row["name"], row["state"], row["tables"]) == ("guests", "app_guests", "ready", 1)
    said = node.lampas(
        "db", "shell", "guests", "--", "-N", "-e", "SELECT name, SUBSTRING_INDEX(USER(), '_', 2) FROM guests"
    )
    assert said.stdout.split() == ["ada", "person_admin"]
    assert node.lampas("db", "shell", "guests", "--", "-e", "SELEC", status=None).returncode == 1
    assert node.json("db", "show", "guests")["accounts"] == []
    refused = node.lampas("db", "shell", "guests", "--read-only", "--", "-e", "DELETE FROM guests", status=1)
    assert "denied" in refused.stderr
    login = node.json("db", "shell", "guests", "--minutes", "1")
    assert login["password"] not in node.lampas("db", "show", "guests").stdout
    (account,) = node.json("db", "show", "guests")["accounts"]
    assert account["account"] == login["account"]

    assert "runs with its database" in node.lampas("db", "drop", "guests", "--confirm", "guests", status=1).stderr
    node.json("app", "delete", "guests", "--confirm", "guests")
    assert node.json("db", "show", "guests")["state"] == "kept"
    node.json("app", "create", "guests", *OPTIONS, "--database", "own")
    assert "lampas db adopt guests" in node.lampas("deploy", "guests", "1", status=1).stderr
    node.json("db", "adopt", "guests")
    node.json("deploy", "guests", "1")
    assert node.get("guests").text == "ada"
    node.json("app", "delete", "guests", "--confirm", "guests")
    node.json("db", "drop", "guests", "--confirm", "guests")
    assert node.json("db", "list")["databases"] == []


def test_a_password_is_changed_without_a_failed_request(node: Node) -> None:
    """Each request connects to the database anew, so one that met a password that does not open would fail."""
    program = Path(__file__).resolve().parents[3] / "bench/load.py"
    words = ["--port", str(node.port), "--host", "guests.localhost", "--clients", "4", "--pause", "0.02"]
    load = subprocess.Popen(
        [sys.executable, str(program), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        for _ in range(3):
            node.json("db", "rotate", "guests")
        seen = json.loads(load.communicate(timeout=60)[0])
    finally:
        load.kill()
        load.wait()
    assert (seen["failed"], seen["reasons"]) == (0, [])
    assert seen["requests"] > 50
    assert node.json("db", "show", "guests")["state"] == "ready"


def test_a_restored_node_has_its_applications_databases_and_their_accounts(node: Node, tmp_path: Path) -> None:
    node.json("db", "rotate", "guests")
    node.lampas("backup", str(tmp_path / "b"), env=PASSPHRASE)
    node.lampas("destroy", "--yes")
    other = Node()
    try:
        ports = ["--port", str(other.port), "--console-port", str(other.console_port), "--json"]
        restored = json.loads(other.lampas("restore", str(tmp_path / "b"), *ports, env=PASSPHRASE).stdout)
        assert all(one["ok"] for one in restored["tried"])
        assert other.get("guests").text == "ada"
        _sign(other, "bob")
        assert other.get("guests").text == "ada,bob"
        other.json("db", "rotate", "guests")
        assert other.get("guests").text == "ada,bob"
    finally:
        other.remove()
