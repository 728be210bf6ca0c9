"""What applications keep on a node: how much it is, and its end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from engines.commands import run
from engines.interface import ROOT, Code, Interface, interface
from lampas.core.cluster.live import AppLive
from lampas.core.nodestate import DataOrder
from lampas.errors import Failed, LampasError

APP = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'x']\n"


@pytest.fixture(scope="module", params=["users", "none"] if ROOT else ["none"])
def node(request: pytest.FixtureRequest) -> Iterator[Interface]:
    """A node of each kind of isolation."""
    with interface(plain=request.param == "none") as made:
        yield made


@pytest.fixture
def app(node: Interface) -> str:
    """An application that runs, with data, and a link out of it."""
    name = node.app("keeper")
    on_node, running = node.release(name, 1, Code({"app.py": APP}, persist=("uploads", "with space")))
    ended = node.apply(node.state([AppLive(name, (), {1: 100}, {1: node.first_port})], [running]))[-1]
    assert ended["outcome"] == "applied", ended
    words = "head -c 300000 /dev/urandom > uploads/big; ln uploads/big uploads/same; ln -s /etc uploads/out; mkdir a$$"
    assert run(node, on_node, "sh", "-c", f"cd $LAMPAS_DATA; {words}", env={"LAMPAS_DATA": data(node, name)})[0] == 0
    return name


def data(node: Interface, app: str) -> str:
    return str(node.home / "data" / app)


def order(app: str) -> DataOrder:
    return DataOrder("here", int(time.time()) + 60, os.urandom(16).hex(), app)


def test_what_takes_the_disk_is_told_and_a_file_of_two_names_counts_once(node: Interface, app: str) -> None:
    found = node.console.disk(app)
    row = found["apps"][0]
    assert 300_000 <= row["data"]["uploads"] < 400_000
    assert "with space" in row["data"]
    assert row["code"] > 0
    assert row["logs"] > 0
    assert found["free"] <= found["total"]
    assert app in [each["app"] for each in node.console.disk()["apps"]]


def test_data_goes_only_once_its_application_has_gone_and_links_are_not_followed(node: Interface, app: str) -> None:
    with pytest.raises(Failed, match="runs here"):
        node.console.drop_data(order(app))
    node.apply(node.state([], []))
    assert (node.home / "data" / app / "uploads/big").exists()
    wanted = order(app)
    node.console.drop_data(wanted)
    assert not (node.home / "data" / app).exists()
    assert os.path.exists("/etc/passwd")  # noqa: PTH110 - what the link led to
    with pytest.raises(LampasError, match="carried out before"):
        node.console.drop_data(wanted)
    node.console.drop_data(order(app))  # again: there is nothing to remove
