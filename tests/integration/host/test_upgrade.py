"""Another LAMPAS over a running one: applications serve all the time, and one that does not come up is put back."""

from __future__ import annotations

import http.client
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engines.node import SOURCE, Node, eventually

APP = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""
PROCESSES = {"agent", "console", "database", "front", "worker"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with an application in two versions, one live and one kept warm."""
    made = Node()
    try:
        made.up("--no-sample")
        source = tmp_path_factory.mktemp("hello")
        (source / "hello.py").write_text(APP)
        made.json("import", str(source), "--repo", "hello")
        made.json("app", "create", "hello", "--repo", "hello", "--entry", "hello:application")
        made.json("release", "build", "hello")
        made.json("deploy", "hello", "1")
        made.json("deploy", "hello", str(made.json("env", "set", "hello", "EDITION=2")["number"]))
        yield made
    finally:
        made.remove()


def checkout(node: Node, name: str, **changes: tuple[str, str]) -> Path:
    """A checkout of another version: files of the package, dots for slashes, with a text in them replaced."""
    place = node.directory / name
    shutil.copytree(SOURCE, place, ignore=shutil.ignore_patterns("__pycache__"))
    for module, (old, new) in changes.items():
        path = place / "lampas" / (module.replace("__", "/") + ".py")
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
    return place


@contextmanager
def load(node: Node) -> Iterator[list[str]]:
    """Asks the application all the time, each time by a connection of its own; what went wrong is in the list, and
    "" for each request that went well."""
    seen: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
            try:
                connection.request("GET", "/", headers={"Host": "hello.localhost"})
                answer = connection.getresponse()
                seen.append("" if answer.read() == b"hello" else f"status {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                seen.append(repr(error))
            finally:
                connection.close()
            stop.wait(0.01)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        yield seen
    finally:
        stop.set()
        for client in clients:
            client.join()


def units(node: Node) -> set[str]:
    return {name for name in node.pids() if name not in PROCESSES}


def test_an_upgrade_renews_processes_and_units_and_no_request_fails(node: Node) -> None:
    before, unit_names, usual = node.pids(), units(node), node.source
    node.source = checkout(
        node,
        "next",
        core__serving__units=('line("ServerTokens", "Prod")', 'line("ServerTokens", "Major")'),
        core__serving__front=('line("ServerTokens", "Prod")', 'line("ServerTokens", "Major")'),
    )
    migration = node.source / "lampas/store/migrations/9999_later.py"
    last = sorted(path.stem for path in migration.parent.glob("0*.py"))[-1]
    migration.write_text(
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("lampas", "{last}")]\n'
        '    operations = [migrations.AddField("node", "later", models.IntegerField(null=True))]\n'
    )
    try:
        with load(node) as seen:
            node.up("--no-sample")
            eventually(lambda: len(units(node)) == 2 and not units(node) & unit_names)
        after = node.pids()
        assert {name for name in PROCESSES if before[name] == after[name]} == {"database", "front"}
        assert set(seen) == {""}
        assert len(seen) > 100
        assert node.json("rollback", "hello")["number"] == 1
    finally:
        node.source = usual
    with load(node) as seen:
        node.up("--no-sample")  # back to the version before, over a table that knows more than it
    assert set(seen) == {""}
    assert node.json("operation", "list")["operations"]


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        pytest.param("agent__server", "import asyncio\n", "import asyncio\nimport nowhere\n", marks=pytest.mark.long),
        pytest.param(
            "server__worker", "    stopping = threading.Event()\n", "    raise SystemExit(3)\n", marks=pytest.mark.long
        ),
        ("server__setup", "def perform(", "raise RuntimeError('cannot set up')\n\n\ndef perform("),
        pytest.param("server__wsgi", "import os\n", "import os\nimport nowhere\n", marks=pytest.mark.long),
    ],
)
def test_a_version_that_does_not_come_up_is_taken_back(node: Node, module: str, old: str, new: str) -> None:
    usual, digest = node.source, (node.home / "software/current").readlink()
    node.source = checkout(node, f"bad-{module}", **{module: (old, new)})
    try:
        with load(node) as seen:
            done = node.lampas(
                "up", "--port", str(node.port), "--console-port", str(node.console_port), "--no-sample", status=1
            )
        assert "the one before was put back" in done.stderr
        assert set(seen) == {""}
        assert (node.home / "software/current").readlink() == digest
        eventually(lambda: set(node.pids()) >= PROCESSES)
        assert node.json("app", "list")["apps"]
    finally:
        node.source = usual
    node.up("--no-sample")
    assert node.json("deploy", "hello", "1")["nodes"][0]["state"] == "live"
