"""A new user's first node: the sample application, two versions of it live, through cuts and restores."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.node import Node, eventually

PASSPHRASE = {"LAMPAS_PASSPHRASE": "correct horse battery"}


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    made = Node()
    try:
        made.up()
        yield made
    finally:
        made.remove()


def page(node: Node, label: str, path: str = "/") -> tuple[int, str]:
    """What an application answers under `label`.localhost."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"{label}.localhost:{node.port}"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def both_answer(node: Node) -> bool:
    """Whether each version answers on its own address."""
    return all(f"version {number}" in page(node, f"sample-v{number}")[1] for number in (1, 2))


def test_the_first_up_ends_with_two_versions_live_and_every_address_tried(node: Node) -> None:
    result = node.up()
    hosts = ["sample", "sample-v1", "sample-v2"]
    assert result["sample"] == [f"http://{host}.localhost:{node.port}/" for host in hosts]
    assert {one["url"]: one["ok"] for one in result["tried"]} == dict.fromkeys(
        [result["console"], result["login"], result["git"], *result["sample"]], True
    )
    versions = node.json("app", "show", "sample")["versions"]
    assert {version["number"]: version["state"] for version in versions} == {1: "live", 2: "live"}


def test_the_pages_say_which_version_answers_and_an_error_can_be_found_in_the_log(node: Node) -> None:
    assert both_answer(node)
    assert "Raise an error" in page(node, "sample")[1]
    assert page(node, "sample", "/error")[0] == 500
    eventually(lambda: "this error was asked for" in node.lampas("logs", "sample").stdout)
    assert page(node, "sample", "/nowhere")[0] == 404


def test_another_up_makes_no_second_sample(node: Node) -> None:
    before = node.json("app", "show", "sample")["versions"]
    node.up()
    assert node.json("app", "show", "sample")["versions"] == before


def test_units_are_processes_of_the_node_and_heal(node: Node) -> None:
    pids = node.pids()
    one, _two = sorted(name for name in pids if name.startswith("sample-v"))
    node.kill(one)
    eventually(lambda: node.pids().get(one, pids[one]) != pids[one])
    eventually(lambda: both_answer(node))


def test_applications_go_on_while_the_console_is_down(node: Node) -> None:
    node.kill("console")
    assert both_answer(node)
    eventually(lambda: bool(node.json("status", status=None)["ok"]))


def test_after_a_power_cut_both_versions_serve_again(node: Node) -> None:
    node.cut()
    node.up()
    assert both_answer(node)


def test_a_changed_domain_reaches_the_applications(node: Node) -> None:
    result = node.up("--domain", "apps.test")
    assert result["sample"][0] == f"http://sample.apps.test:{node.port}/"
    node.up("--domain", "localhost")
    assert both_answer(node)


def test_a_restored_node_serves_what_the_lost_one_served(node: Node, tmp_path: Path) -> None:
    node.lampas("backup", str(tmp_path / "backup"), env=PASSPHRASE)
    other = Node()
    try:
        ports = ["--port", str(other.port), "--console-port", str(other.console_port)]
        done = other.lampas("restore", str(tmp_path / "backup"), *ports, "--json", env=PASSPHRASE)
        assert all(one["ok"] for one in json.loads(done.stdout)["tried"])
        assert both_answer(other)
        assert both_answer(node)
    finally:
        other.remove()


def test_down_stops_the_units_too(node: Node) -> None:
    node.lampas("down")
    assert node.marked() == []
