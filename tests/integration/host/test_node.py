"""A whole node: set up, kept running, cut off, brought back, removed."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engines.node import Node, eventually, free_port

ROOT = os.geteuid() == 0
PROCESSES = {"agent", "console", "database", "front", "worker"}


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    made = Node()
    try:
        made.up("--no-sample")
        yield made
    finally:
        made.remove()


def test_up_prints_addresses_that_were_tried(node: Node) -> None:
    result = node.up("--no-sample")
    assert result["console"] == f"http://localhost:{node.console_port}/"
    assert result["login"].startswith(f"http://localhost:{node.console_port}/login/")
    assert result["git"] == f"http://localhost:{node.console_port}/git"
    assert result["home"] == str(node.home)
    assert [one["url"] for one in result["tried"]] == [result["console"], result["login"], result["git"]]
    assert all(one["ok"] for one in result["tried"])


def test_a_second_up_starts_nothing_anew(node: Node) -> None:
    before = node.pids()
    node.up("--no-sample")
    assert node.pids() == before


def test_new_software_restarts_what_runs_it_and_nothing_else(node: Node) -> None:
    eventually(lambda: set(node.pids()) >= PROCESSES)
    before, usual = node.pids(), node.source
    node.source = node.directory / "next"
    shutil.copytree(usual, node.source, ignore=shutil.ignore_patterns("__pycache__"))
    (node.source / "lampas" / "host" / "__init__.py").write_text('"""A later version."""\n')
    try:
        node.up("--no-sample")
        eventually(lambda: set(node.pids()) >= PROCESSES)
        after = node.pids()
        assert {name for name in PROCESSES if before[name] == after[name]} == {"database", "front"}
        assert "later version" in (node.home / "software/current/lampas/host/__init__.py").read_text()
    finally:
        node.source = usual
        node.up("--no-sample")


def test_a_changed_port_is_taken_up_by_the_running_front(node: Node) -> None:
    front, old = node.pids()["front"], node.port
    node.port = free_port()
    node.up("--no-sample")
    assert node.pids()["front"] == front

    def answers(port: int) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2):
            return True
        return False

    eventually(lambda: answers(node.port) and not answers(old))


def test_ups_at_once_take_turns(node: Node) -> None:
    node.lampas("down")
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda _: node.up("--no-sample"), range(3)))
    assert all(one["ok"] for result in results for one in result["tried"])
    assert len({(node.home / "supervisor" / "supervisord.pid").read_text()}) == 1
    eventually(lambda: set(node.pids()) >= PROCESSES)


def test_status_and_doctor_find_all_well(node: Node) -> None:
    eventually(lambda: set(node.pids()) >= PROCESSES)
    status = node.json("status")
    assert status["ok"] is True
    assert {role["name"] for role in status["roles"]} == {"appserver", "console", "database"}
    assert status["isolation"] == ("users" if ROOT else "none")
    doctor = node.json("doctor")
    assert doctor["ok"] is True
    assert all(check["remedy"] == "" for check in doctor["checks"])


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_killed_process_comes_back_by_itself(node: Node, name: str) -> None:
    eventually(lambda: name in node.pids())
    before = node.pids()[name]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: node.pids().get(name, before) != before)
    eventually(lambda: bool(node.json("status", status=None)["ok"]))


def test_a_killed_supervisor_leaves_orphans_that_the_next_up_replaces(node: Node) -> None:
    before = node.pids()
    os.kill(int((node.home / "supervisor" / "supervisord.pid").read_text()), signal.SIGKILL)
    node.up("--no-sample")
    after = node.pids()
    assert set(after) >= PROCESSES
    assert not set(before.values()) & set(after.values())
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in before.values()))


def test_after_a_power_cut_up_brings_all_back_and_nothing_acknowledged_is_lost(node: Node) -> None:
    node.json("user", "add", "survivor")
    node.cut()
    node.up("--no-sample")
    assert "survivor" in node.lampas("user", "list").stdout
    eventually(lambda: bool(node.json("status", status=None)["ok"]))


def test_the_database_has_no_account_but_the_servers_and_the_local_administrators(node: Node) -> None:
    owner = "lampas-db" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
    words = ["mariadb", "--no-defaults", f"--socket={node.home}/run/database/mariadb.sock", "-N", "-e"]
    as_owner = ["setpriv", f"--reuid={owner}", "--regid=lampas-db", "--clear-groups", "--"] if ROOT else []
    query = "SELECT User, Host FROM mysql.user WHERE User <> 'mariadb.sys' ORDER BY User"
    done = subprocess.run([*as_owner, *words, query], capture_output=True, text=True, check=True)
    assert [line.split("\t") for line in done.stdout.splitlines()] == sorted(
        [["lampas_server", "localhost"], [owner, "localhost"]]
    )
    if ROOT:
        refused = subprocess.run([*words, "SELECT 1"], capture_output=True, text=True)
        assert "Access denied" in refused.stderr


def test_secrets_are_closed_to_everybody_else(node: Node) -> None:
    for path in ("secrets/vault.json", "secrets/operator.token", "secrets/server/server.json", "pki/nodes-ca.key"):
        assert (node.home / path).stat().st_mode & 0o077 == 0, path
    public = json.loads((node.home / "lampas.json").read_text())
    secrets = json.loads((node.home / "secrets" / "vault.json").read_text())
    assert not set(secrets.values()) & {str(value) for value in public.values()}


def test_no_secret_stands_on_a_command_line_or_in_a_log(node: Node) -> None:
    secrets = json.loads((node.home / "secrets" / "vault.json").read_text()).values()
    seen = [Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in node.pids().values()]
    seen += [path.read_text(errors="replace") for path in (node.home / "logs").rglob("*.log")]
    assert not [secret for secret in secrets if any(secret in text for text in seen)]


@pytest.mark.skipif(not ROOT, reason="only root gives processes Unix users of their own")
def test_each_process_runs_as_a_user_of_its_own(node: Node) -> None:
    eventually(lambda: set(node.pids()) >= PROCESSES)
    users = {name: pwd.getpwuid(Path(f"/proc/{pid}").stat().st_uid).pw_name for name, pid in node.pids().items()}
    assert users == {
        "agent": "lampas",
        "console": "lampas-console",
        "database": "lampas-db",
        "front": "lampas-front",
        "worker": "lampas-console",
    }
    assert not [name for name in users.values() if name in grp.getgrnam("root").gr_mem]


def test_servers_listen_on_loopback_alone_and_leave_the_distributions_ports(node: Node) -> None:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    settings = json.loads((node.home / "lampas.json").read_text())
    own = {settings[name] for name in ("port", "console_port", "agent_port", "database_port")}
    listening = [row[1].split(":") for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) in own]
    assert listening
    assert {address for address, _port in listening} == {"0100007F"}
    assert not own & {80, 443, 3306}


def test_a_port_that_another_program_has_is_refused_before_anything_changes(node: Node) -> None:
    before, settings = node.pids(), (node.home / "lampas.json").read_bytes()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = node.lampas("up", "--port", str(other.getsockname()[1]), "--no-sample", "--json", status=1)
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "conflict"
    assert str(os.getpid()) in error["message"]
    assert "--port" in error["remedy"]
    assert (node.home / "lampas.json").read_bytes() == settings
    assert node.pids() == before


def test_a_new_home_is_not_begun_where_a_port_is_taken() -> None:
    fresh = Node()
    try:
        with socket.socket() as other:
            other.bind(("127.0.0.1", fresh.console_port))
            other.listen()
            assert fresh.up(status=1)["error"]["code"] == "conflict"
        assert not fresh.home.exists()
    finally:
        fresh.remove()


def test_destroy_asks_and_takes_nothing_that_is_no_home(node: Node) -> None:
    refused = json.loads(node.lampas("destroy", "--json", status=1).stdout)["error"]
    assert "--yes" in refused["remedy"]
    stranger = Node()
    try:
        stranger.home.mkdir()
        (stranger.home / "thesis.txt").write_text("years of work")
        assert stranger.json("destroy", "--yes", status=1)["error"]["code"] == "not-found"
        assert (stranger.home / "thesis.txt").exists()
    finally:
        stranger.remove()


def test_down_stops_everything_and_up_starts_it_again(node: Node) -> None:
    node.lampas("down")
    assert node.marked() == []
    status = node.json("status", status=1)
    assert {row["state"] for row in status["processes"]} == {"stopped"}
    node.lampas("down")
    node.up("--no-sample")
    assert set(node.pids()) >= PROCESSES


def test_destroy_leaves_nothing() -> None:
    made = Node()
    try:
        made.up("--no-sample")
        made.lampas("destroy", "--yes")
        assert list(made.directory.iterdir()) == []
        assert made.marked() == []
    finally:
        made.remove()


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
def test_a_plain_user_gets_a_node_without_isolation_and_is_told() -> None:
    made = Node()
    try:
        subprocess.run(["chown", "nobody", made.directory], check=True)
        made.user = "nobody"
        made.source = made.directory / "source"  # the checkout may be in a home that is closed to others
        shutil.copytree(Path(__file__).resolve().parents[3] / "src", made.source)
        result = made.up("--no-sample")
        assert result["isolation"] == "none"
        assert "isolation: none" in made.lampas("status", status=None).stdout
        eventually(lambda: set(made.pids()) >= PROCESSES)
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in made.pids().values()} == {pwd.getpwnam("nobody").pw_uid}
        tree = made.home / "agent" / "apps" / "shop" / "releases" / "1" / "code"
        tree.mkdir(parents=True)
        (tree / "app.py").touch()
        subprocess.run(["chown", "-R", "nobody", made.home / "agent" / "apps" / "shop"], check=True)
        tree.chmod(0o550)  # as release trees are
        made.lampas("destroy", "--yes")
        assert not made.home.exists()
    finally:
        made.remove()
