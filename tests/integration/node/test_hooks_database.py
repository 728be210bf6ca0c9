"""An application on a MariaDB of its own: its setup hook and its verification reach the one that is theirs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engines.node import Node

APP = """
import json, os, pymysql
def connect():
    names = {"host": "DB_HOST", "user": "DB_USER", "password": "DB_PASSWORD", "database": "DB_NAME"}
    found = {name: os.environ[variable] for name, variable in names.items()}
    return pymysql.connect(port=int(os.environ["DB_PORT"]), **found)
def application(environ, start_response):
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), (SELECT COUNT(*) FROM settings), DATABASE() FROM notes")
        notes, settings, name = cursor.fetchone()
        if environ["PATH_INFO"] == "/add":
            cursor.execute("INSERT INTO notes (text) VALUES ('x')")
            connection.commit()
    start_response("200 OK", [])
    said = {"notes": notes, "settings": settings, "database": name}
    environ["wsgi.errors"].write(json.dumps(said) + chr(10))
    return [json.dumps(said).encode()]
"""
SETUP = """
import app
with app.connect() as connection, connection.cursor() as cursor:
    for name in ("notes", "settings"):
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(9))")
    print("tables are made")
"""
DEFINITION = """
[app.books]
entry = "app:application"
requirements = ["pymysql==1.1.2"]
database = "own"
[app.books.hooks]
setup = ["python tables.py"]
[app.books.verify]
requests = ["/add"]
keep = ["settings"]
"""


@pytest.fixture(scope="module")
def source(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's directory; version 1 is live."""
    made = tmp_path_factory.mktemp("books")
    for name, text in {"lampas.toml": DEFINITION, "app.py": APP, "tables.py": SETUP}.items():
        (made / name).write_text(text)
    node.json("import", str(made), "--repo", "books")
    built = node.json("release", "build", "books")
    assert (built["number"], built["verify"]["ok"]) == (1, True)
    node.json("deploy", "books", "1")
    return made


def said(node: Node, number: int) -> dict[str, object]:
    """What the application said of its database when it was verified."""
    log = node.json("release", "show", "books", str(number))["log"]
    return dict(json.loads(next(line for line in log.splitlines() if line.startswith("{"))))


def test_setup_hooks_made_the_live_tables_and_verification_touched_none(node: Node, source: Path) -> None:
    assert node.get("books").json() == {"notes": 0, "settings": 0, "database": "app_books"}
    assert "tables are made" in node.json("release", "setup", "books", "1")["log"]
    assert str(said(node, 1)["database"]).startswith("lampas_scratch_")


def test_a_verification_has_the_live_shape_and_the_rows_that_are_kept(node: Node, source: Path) -> None:
    node.get("books", "/add")
    node.lampas("run", "books", "1", "--", "python", "-c", INSERT)
    (source / "app.py").write_text(APP + "# changed\n")
    node.json("import", str(source), "--repo", "books")
    assert node.json("release", "build", "books")["verify"]["ok"] is True
    assert (said(node, 2)["notes"], said(node, 2)["settings"]) == (0, 1)
    assert node.get("books").json()["notes"] == 1


INSERT = """
import app
with app.connect() as connection, connection.cursor() as cursor:
    cursor.execute("INSERT INTO settings (text) VALUES ('on')")
    connection.commit()
"""


def test_a_build_hook_finds_no_database(node: Node, source: Path) -> None:
    hook = 'build = ["python -c \'import os; assert not [n for n in os.environ if n.startswith(\\"D\\")]\'"]\nsetup ='
    (source / "lampas.toml").write_text(DEFINITION.replace("setup =", hook))
    node.json("import", str(source), "--repo", "books")
    assert node.json("release", "build", "books")["verify"]["ok"] is True
